"""Stands in for a cluster of one node: its API on loopback, and Podman as the node.

The provider's package runs unchanged, with its client library and its chart. What is replaced: `helm install` renders
the chart with the real helm and hands the pod to `podman kube play`, and the API server answers what the package asks
of it, commands in a pod over a WebSocket among it. Left out of the pod, since Podman has nothing for it: the runtime
class, the name server beside the agent's container (its image comes from a registry), and the network policies, in
whose place the pod has no network at all. The volume claim becomes a folder of this host.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from pods.chart import Manifest, helm, of_kind

STDIN, STDOUT, STDERR, STATUS = range(4)
FRAME = 32 << 10  # bytes that a kubelet reads of a command's output at once
CONTAINER = "default"
API = ("127.0.0.2", 6443)  # for pods, which have no network: an address that a test can listen at
# What this process may have; Podman asks for more than that by itself.
_LIMITS = '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=30000:30000"]\n'


def podman(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A command of Podman's."""
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done


def kubelet_pod(manifests: list[Manifest], claims: dict[str, str]) -> Manifest:
    """The pod that a cluster would make of the chart's only StatefulSet, as Podman can play it."""
    (controller,) = of_kind(manifests, "StatefulSet")
    template = controller["spec"]["template"]
    spec = template["spec"]
    spec.pop("runtimeClassName", None)
    (container,) = spec["containers"] = [c for c in spec["containers"] if c["name"] == CONTAINER]
    container["imagePullPolicy"] = "Never"
    # every pod is told where the API is
    api = {"KUBERNETES_SERVICE_HOST": API[0], "KUBERNETES_SERVICE_PORT": str(API[1])}
    container["env"] = [*container["env"], *({"name": n, "value": v} for n, v in api.items())]
    volumes = {v["name"]: v for v in spec["volumes"] if "configMap" not in v}
    container["volumeMounts"] = mounts = [m for m in container["volumeMounts"] if m["name"] in volumes]
    for mount in mounts:
        volume = volumes[mount["name"]]
        if claim := volume.pop("persistentVolumeClaim", None):
            folder = Path(claims[claim["claimName"]], mount.pop("subPath", ""))
            volume["hostPath"] = {"path": str(folder), "type": "Directory"}
    name = f"{controller['metadata']['name']}-0"
    for named in (*volumes.values(), *mounts):
        named["name"] = f"{name}-{named['name']}"  # Podman shares the volumes of one name
    spec["volumes"] = list(volumes.values())
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": name}, "spec": spec}


@dataclass(frozen=True)
class Node:
    """The pods that run, by a folder with a file for each: what was played, and its status."""

    folder: Path

    def play(self, pod: Manifest, **status: Any) -> None:
        """Starts a pod."""
        name = pod["metadata"]["name"]
        status = {"uid": str(uuid.uuid4()), "restarts": 0, "reason": None, **status}
        file = self.folder / f"{name}.pod.yaml"
        file.write_text(yaml.safe_dump(pod), encoding="utf-8")
        options = os.environ.get("MLEBENCH_TEST_PODMAN", "").split()
        command = ["podman", *options, "kube", "play", "--network", "none", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        self._file(name).write_text(json.dumps({"pod": pod, **status}), encoding="utf-8")

    def remove(self, name: str) -> None:
        """Ends a pod, if there is one."""
        podman("pod", "rm", "--force", "--time", "0", "--ignore", name)
        self._file(name).unlink(missing_ok=True)

    def names(self, release: str | None = None) -> list[str]:
        """Names of the pods, or of those of a release."""
        found = {
            f.name.removesuffix(".json"): json.loads(f.read_text(encoding="utf-8")) for f in self.folder.glob("*.json")
        }
        label = "app.kubernetes.io/instance"
        return [n for n, s in found.items() if release in (None, s["pod"]["metadata"]["labels"][label])]

    def again(self, name: str, *, reason: str | None = None) -> None:
        """Starts a pod's container anew, as after running out of memory; without a reason a new pod, as elsewhere."""
        state = json.loads(self._file(name).read_text(encoding="utf-8"))
        self.remove(name)
        if reason:
            self.play(state["pod"], uid=state["uid"], restarts=state["restarts"] + 1, reason=reason)
        else:
            self.play(state["pod"])

    def object(self, name: str) -> dict[str, Any] | None:
        """The pod as the API has it."""
        try:
            state = json.loads(self._file(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        pod = state["pod"]
        container = {"name": CONTAINER, "restartCount": state["restarts"], "ready": True, "state": {"running": {}}}
        container |= {"image": pod["spec"]["containers"][0]["image"], "imageID": "sha256:1234"}
        if state["reason"]:
            container["lastState"] = {"terminated": {"reason": state["reason"], "exitCode": 137}}
        status = {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [container],
        }
        metadata = {**pod["metadata"], "uid": state["uid"], "namespace": "evals"}
        return {**pod, "metadata": metadata, "spec": {**pod["spec"], "nodeName": "node-1"}, "status": status}

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"


class Api:
    """The API server: pods, and commands in them."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answers what is no WebSocket."""
        path = urlsplit(request.path)
        parts, query = path.path.strip("/").split("/"), parse_qs(path.query)
        if parts[-1] == "exec":
            return None
        if parts[-1] == "pods":
            (selector,) = query["labelSelector"]
            names = self.node.names(selector.partition("=")[2])
            return _json({"kind": "PodList", "items": [self.node.object(n) for n in names]})
        if parts[-1] == "events":
            return _json({"kind": "EventList", "items": []})
        found = self.node.object(parts[-1]) if parts[-2:-1] == ["pods"] else None
        if found is None:
            return _json(
                {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}, HTTPStatus.NOT_FOUND
            )
        return _json(found)

    def command(self, socket: ServerConnection) -> None:
        """Runs a command in a pod: input, output, complaints and status each have a channel."""
        assert socket.request is not None
        path = urlsplit(socket.request.path)
        name, query = path.path.split("/")[-2], parse_qs(path.query, keep_blank_values=True)
        container = f"{name}-{query['container'][0]}"
        process = subprocess.Popen(
            ["podman", "exec", "--interactive", container, *query["command"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        assert process.stdin
        threading.Thread(target=_forward, args=(socket, process), daemon=True).start()
        try:
            for message in socket:
                data = message.encode() if isinstance(message, str) else message
                if data[0] == STDIN:
                    process.stdin.write(data[1:])
        except (ConnectionClosed, BrokenPipeError):
            pass
        process.kill()  # what it started goes on, as with a kubelet


def _forward(socket: ServerConnection, process: subprocess.Popen[bytes]) -> None:
    """Hands over what a command says, complaints first, since the package waits for none after the end of the output.

    (A kubelet reads both at once; what is complained of just before the end may be lost there.)
    """
    assert process.stderr
    assert process.stdout
    channels = {process.stderr: STDERR, process.stdout: STDOUT}
    try:
        while channels:
            ready, _, _ = select.select(list(channels), [], [])
            for stream in [s for s in channels if s in ready]:
                data = stream.read(FRAME)
                if data:
                    socket.send(bytes([channels[stream]]) + data)
                    break
                del channels[stream]
        socket.send(bytes([STATUS]) + json.dumps(_status(process.wait())).encode())
        socket.close()
    except (ConnectionClosed, OSError):
        pass


def _status(code: int) -> dict[str, Any]:
    if not code:
        return {"metadata": {}, "status": "Success"}
    causes = [{"reason": "ExitCode", "message": str(code)}]
    message = f"command terminated with non-zero exit code: exit status {code}"
    return {"status": "Failure", "reason": "NonZeroExitCode", "message": message, "details": {"causes": causes}}


def _json(found: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    body = json.dumps(found).encode()
    headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
    return Response(status.value, status.phrase, headers, body)


@contextmanager
def cluster(folder: Path, claims: dict[str, Path]) -> Iterator[dict[str, str]]:
    """A cluster; yields the environment of whoever is to use it.

    Args:
        folder: An empty folder for its state.
        claims: Folders that stand for volume claims.
    """
    state, tools = folder / "pods", folder / "bin"
    state.mkdir()
    tools.mkdir()
    limits = folder / "containers.conf"
    limits.write_text(_LIMITS, encoding="utf-8")
    before = os.environ.get("CONTAINERS_CONF")
    os.environ["CONTAINERS_CONF"] = str(limits)
    settings = {"helm": helm(), "state": str(state), "claims": {n: str(f) for n, f in claims.items()}}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    false_helm = tools / "helm"
    place = Path(__file__).parent
    false_helm.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="{place.parent}"\n'
        f'exec "{sys.executable}" "{place / "false_helm.py"}" "{folder / "settings.json"}" "$@"\n',
        encoding="utf-8",
    )
    false_helm.chmod(0o755)
    node = Node(state)
    api = Api(node)
    with serve(
        api.command,
        "127.0.0.1",
        0,
        subprotocols=["v4.channel.k8s.io"],  # type: ignore[list-item]
        process_request=api.answer,
        max_size=None,
        compression=None,
    ) as server:
        port = server.socket.getsockname()[1]
        config = folder / "kubeconfig"
        config.write_text(yaml.safe_dump(_kubeconfig(port)), encoding="utf-8")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield {
                "KUBECONFIG": str(config),
                "PATH": f"{tools}:{os.environ['PATH']}",
                "CONTAINERS_CONF": str(limits),
                "INSPECT_HELM_TIMEOUT": "60",
            }
        finally:
            for name in node.names():
                node.remove(name)
            server.shutdown()
            thread.join(30)
            if before is None:
                os.environ.pop("CONTAINERS_CONF")
            else:
                os.environ["CONTAINERS_CONF"] = before


def _kubeconfig(port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "evals"}}],
        "current-context": "test",
    }
