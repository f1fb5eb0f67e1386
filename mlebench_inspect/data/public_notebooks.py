"""Public notebooks of a competition, downloaded through Kaggle's official client."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mlebench_inspect.data.errors import CredentialsError, DiskFullError, KaggleError, is_disk_full
from mlebench_inspect.data.kaggle import Kaggle

MOST_BYTES = 8 << 20
"""Of one notebook."""
_PAGE = 50
_ENDINGS = {"notebook": ".ipynb", "script": ".py"}
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def fetch_notebooks(kaggle: Kaggle, slug: str, folder: Path, wanted: int) -> list[str]:
    """Puts a competition's Python notebooks with most votes into a folder; those that are there are not fetched again.

    Args:
        kaggle: The client.
        slug: Kaggle's name of the competition.
        folder: Gets a file `<owner>__<notebook>.ipynb` or `.py` for each; made where it is missing.
        wanted: How many.

    Returns:
        What could not be had, a line each.

    Raises:
        CredentialsError: Kaggle refuses the credentials.
        DiskFullError: The file system is full.
    """
    lacking = list[str]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for owner, name in _most_voted(kaggle, slug, wanted):
            if any((folder / f"{owner}__{name}{ending}").exists() for ending in _ENDINGS.values()):
                continue
            try:
                _fetch(kaggle, owner, name, folder)
            except CredentialsError:
                raise
            except KaggleError as ex:
                lacking.append(str(ex))
    except CredentialsError:
        raise
    except KaggleError as ex:
        lacking.append(str(ex))
    except OSError as ex:
        if is_disk_full(ex):
            raise DiskFullError(f"no space left in {folder}; free some, then run the same command to go on") from ex
        raise
    return lacking


def _most_voted(kaggle: Kaggle, slug: str, wanted: int) -> Iterator[tuple[str, str]]:
    """Owners and names, the most voted first."""
    from kagglesdk.kernels.types.kernels_api_service import ApiListKernelsRequest
    from kagglesdk.kernels.types.kernels_enums import KernelsListSortType, KernelsListViewType

    given = 0
    for page in range(1, -(-wanted // _PAGE) + 1):
        request = ApiListKernelsRequest()
        request.competition, request.language, request.page, request.page_size = slug, "python", page, _PAGE
        request.sort_by, request.group = KernelsListSortType.VOTE_COUNT, KernelsListViewType.EVERYONE
        answer: Any = kaggle.ask(f"the notebooks of {slug}", partial(_listed, request))
        listed = [kernel for kernel in answer.kernels or [] if kernel]
        for kernel in listed[: wanted - given]:
            owner, _, name = str(kernel.ref).partition("/")
            if _REF.fullmatch(owner) and _REF.fullmatch(name):  # they become a file's name
                yield owner, name
        given += len(listed)
        if len(listed) < _PAGE:
            return


def _listed(request: Any, client: Any) -> Any:
    return client.kernels.kernels_api_client.list_kernels(request)


def _fetch(kaggle: Kaggle, owner: str, name: str, folder: Path) -> None:
    from kagglesdk.kernels.types.kernels_api_service import ApiGetKernelRequest

    request = ApiGetKernelRequest()
    request.user_name, request.kernel_slug = owner, name
    blob: Any = kaggle.ask(f"{owner}/{name}", lambda c: c.kernels.kernels_api_client.get_kernel(request)).blob
    ending = _ENDINGS.get(blob.kernel_type.lower()) if blob else None
    content = blob.source.encode(errors="replace") if blob else b""
    if ending is None or blob.language.lower() != "python" or not 0 < len(content) <= MOST_BYTES:
        raise KaggleError(f"{owner}/{name}: it is no Python notebook of at most {MOST_BYTES:,} bytes")
    file = folder / f"{owner}__{name}{ending}"
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(content)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
