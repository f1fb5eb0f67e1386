"""The package map: four top-level folders ship as one import package.

It stands here and not in pyproject.toml because each competition's folder is a package of its own, found by listing
`tasks/`, so that adding a competition means adding a folder.
"""

from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
MAP = {
    "mlebench_inspect": "mlebench_inspect",
    "mlebench_inspect.tasks": "tasks",
    "mlebench_inspect.sandboxes": "sandboxes",
    "mlebench_inspect.graders": "graders",
}


def packages() -> list[str]:
    """Every folder with Python files, by its import name."""
    found = []
    for package, folder in MAP.items():
        for path in [ROOT / folder, *sorted((ROOT / folder).rglob("*/"))]:
            if any(path.glob("*.py")):
                found.append(".".join([package, *path.relative_to(ROOT / folder).parts]))
    return found


setup(
    packages=packages(),
    package_dir=MAP,
    include_package_data=False,
    package_data={
        "mlebench_inspect": [
            "py.typed",
            "eval.yaml",
            "plagiarism/page.css",
            "reporting/page.*",
            "reporting/*.csv",
            "template/my_competition/*.yaml",
            "template/my_competition/*.md",
            "template/my_competition/example/*.csv",
            "violations/*.yaml",
            "violations/filters/*.txt",
        ],
        "mlebench_inspect.tasks": ["splits/*.txt"],
        **{p: ["*.yaml", "*.md", "*.csv"] for p in packages() if p.startswith("mlebench_inspect.tasks.")},
        "mlebench_inspect.sandboxes": ["images/*", "guest/*"],
    },
)
