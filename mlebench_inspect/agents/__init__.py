"""Agents (scaffolds): give one with `--solver mlebench_inspect/<name>`."""

from mlebench_inspect.agents.aide import aide
from mlebench_inspect.agents.baseline import baseline, dummy
from mlebench_inspect.agents.claude_code import claude_code
from mlebench_inspect.agents.codex import codex
from mlebench_inspect.agents.gemini_cli import gemini_cli
from mlebench_inspect.agents.mini_swe import mini_swe_agent
from mlebench_inspect.agents.mlab import mlab
from mlebench_inspect.agents.opencode import opencode
from mlebench_inspect.agents.openhands import openhands
from mlebench_inspect.agents.react import react
from mlebench_inspect.agents.search import search

__all__ = [
    "aide",
    "baseline",
    "claude_code",
    "codex",
    "dummy",
    "gemini_cli",
    "mini_swe_agent",
    "mlab",
    "opencode",
    "openhands",
    "react",
    "search",
]
