"""Actions in plain text, in the forms in which models write them."""

from __future__ import annotations

import pytest

from mlebench_inspect.agents.text_actions import Block, blocks, read_actions, read_calls

ACTIONS: dict[str, tuple[str, str | None]] = {
    "bash": ("bash", "command"),
    "python": ("python", "code"),
    "validate": ("validate_submission", None),
    "submit": ("submit", "answer"),
}
LS = [("bash", {"command": "ls\n"})]
PRINT = [("python", {"code": "print(1)\n"})]
CALL = [("bash", {"command": "ls"})]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("```bash\nls\n```", LS),
        ("``` bash\nls\n```", LS),
        ("```  Bash  \nls\n```  ", LS),
        ("```bash title=look\nls\n```", LS),
        ("```{bash}\nls\n```", LS),
        ("~~~bash\nls\n~~~", LS),
        ("~~~~ sh\nls\n~~~~", LS),
        ("```sh\nls\n```", LS),
        ("```shell\nls\n```", LS),
        ("```zsh\nls\n```", LS),
        ("```console\n$ ls\nsubmission.csv\n```", LS),
        ("```console\nls\n```", LS),
        ("```py\nprint(1)\n```", PRINT),
        ("```python3\nprint(1)\n```", PRINT),
        ("```Python\nprint(1)\n```", PRINT),
        ("1. Look:\n   ```bash\n   ls\n   ```", LS),
        ("- ```bash\n  ls\n  ```", LS),
        ("* Look:\n\t```bash\n\tls\n\t```", LS),
        ("```bash\r\nls\r\n```\r\n", LS),
        ("I look.\n```bash\nls", LS),
        ("I look.\n```bash\nls\n\n", LS),
        ("```bash\nls\n```<|im_end|>", LS),
        ("```bash\nls<|eot_id|>", LS),
        ("```bash\nls\n</s>", LS),
        ("```bash\nls\n```\n```python\nprint(1)\n```", LS + PRINT),
        ("```python\nif 1:\n    print(1)\n```", [("python", {"code": "if 1:\n    print(1)\n"})]),
        ("```validate\n```", [("validate_submission", {})]),
        ("```validate\nthe file\n```", [("validate_submission", {})]),
        ("```submit\ngive_up: no data\n```", [("submit", {"answer": "give_up: no data\n"})]),
        ('{"tool": "bash", "arguments": {"command": "ls"}}', CALL),
        ('I look: {"name": "bash", "arguments": {"command": "ls"}} and wait.', CALL),
        ('```json\n{"tool": "bash", "args": {"command": "ls"}}\n```', CALL),
        ('```tool_call\n{"name": "bash", "parameters": {"command": "ls"}}\n```', CALL),
        ('<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>', CALL),
        ('{"function": {"name": "bash", "arguments": "{\\"command\\": \\"ls\\"}"}}', CALL),
        ('{"tool_calls": [{"function": {"name": "bash", "arguments": {"command": "ls"}}}]}', CALL),
        ('[{"name": "bash", "arguments": {"command": "ls"}}]', CALL),
        ('{"action": "bash", "action_input": "ls"}', CALL),
        ('{"tool": "bash", "command": "ls"}', CALL),
        ('{"tool": "shell", "input": {"cmd": "ls"}}', CALL),
        ('{"recipient_name": "functions.bash", "parameters": {"command": "ls"}}', CALL),
        ('{"tool": "validate_submission", "arguments": {}}', [("validate_submission", {})]),
        ('{"tool": "submit"}', [("submit", {})]),
    ],
)
def test_a_form_is_understood(text: str, calls: list[tuple[str, dict[str, str]]]) -> None:
    found = read_actions(text, ACTIONS)
    assert found.calls == calls
    assert not found.unread


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("```r\nlibrary(x)\n```", "a block `r` (blocks are bash, python, validate, submit)"),
        ("```\nls\n```", "1 block(s) without a name (name it: bash, python, validate, submit)"),
        ('{"tool": "browser", "arguments": {"url": "x"}}', "a call of `browser` as JSON (tools are bash, "),
        ('```json\n{"tool": "bash", "arguments": {"command": "ls}}\n```', "a call whose JSON is broken"),
        ('{"tool": "bash", "arguments": {"command": "ls', "a call whose JSON is broken"),
    ],
)
def test_what_is_not_understood_is_named(text: str, named: str) -> None:
    found = read_actions(text, ACTIONS)
    assert not found.calls
    (said,) = found.unread
    assert said.startswith(named)


@pytest.mark.parametrize("text", ["", "I think.", "{}", '{"a": 1}', "f(x) = {x}", "{" * 5000, "A name: {name}"])
def test_prose_is_no_action(text: str) -> None:
    assert read_actions(text, ACTIONS) == ([], [])


def test_half_a_block_is_not_run_where_the_reply_was_cut_off() -> None:
    found = read_actions("```bash\nls\n```\n```bash\nrm -rf submission/pa", ACTIONS, cut_off=True)
    assert found.calls == LS
    assert "cut off" in found.unread[0]


def test_a_longer_fence_holds_shorter_ones() -> None:
    text = "````bash\ncat <<E\n```inner\n```\nE\n````\n~~~python\nprint('```')\n~~~"
    assert list(blocks(text)) == [
        Block("bash", "cat <<E\n```inner\n```\nE\n", True),
        Block("python", "print('```')\n", True),
    ]


def test_no_more_calls_are_made_than_a_turn_can_hold() -> None:
    found = read_actions("```bash\nls\n```\n" * 1000, ACTIONS)
    assert found.calls == LS * 32
    assert found.unread == ["all actions after the 32th"]


def test_calls_of_a_bridge_are_those_of_its_tools() -> None:
    text = '```tool_call\n{"name": "terminal", "arguments": {"command": "ls"}}\n```\n{"name": "other", "arguments": {}}'
    assert read_calls(text, {"terminal"}) == [("terminal", {"command": "ls"})]
