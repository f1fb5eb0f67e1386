"""A stand-in for a model, by which a whole run can be tried out: no account, no network, no cost."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageAssistant, GenerateConfig, ModelAPI, ModelOutput, ModelUsage
from inspect_ai.tool import ToolChoice, ToolInfo

_GO = "[ -d /home/data ] && cd /home; "
_COPY = """\
sample=$(ls data/* | grep -iE '(sample_?submission|random_?predictions).*[.](csv|zip)$' | head -n 1)
case $sample in
  *.zip) python3 -m zipfile -e "$sample" code/sample; sample=$(ls code/sample/*.csv) ;;
esac
cp "$sample" submission/submission.csv && wc -l submission/submission.csv"""
STEPS = (
    ("I look at the data first.", f"{_GO}ls -la data; head -c 300 data/description.md"),
    ("The sample submission is a start.", _GO + _COPY),
    ("I have it checked.", "sh /home/validate_submission.sh /home/submission/submission.csv"),
)
"""What it says and does, turn by turn; afterwards it ends its work."""
_ANSWER = "give_up: this is a rehearsal"  # ends the run also where a sample submission is not valid
_COMMAND = ("command", "cmd")


class Rehearsal(ModelAPI):
    """Submits the sample submission, by whatever tool takes a shell command; without any, in fenced blocks."""

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """The next step, told by how often the model has spoken."""
        turn = sum(isinstance(m, ChatMessageAssistant) for m in input)
        output = self._step(turn, tools) if turn < len(STEPS) else self._end(tools)
        sent, said = sum(len(m.text) for m in input), len(output.completion)
        output.usage = ModelUsage(
            input_tokens=sent // 4, output_tokens=said // 4, total_tokens=sent // 4 + said // 4, total_cost=0.0
        )
        return output

    async def count_text_tokens(self, text: str) -> int:
        """Four characters a token: Inspect's own count needs a table from the network."""
        return len(text) // 4

    def _step(self, turn: int, tools: Sequence[ToolInfo]) -> ModelOutput:
        words, command = STEPS[turn]
        for tool in tools:
            for name in _COMMAND:
                if name in tool.parameters.properties and set(tool.parameters.required) <= {name}:
                    return self._call(tool.name, {name: command}, words)
        return ModelOutput.from_content(self.model_name, f"{words}\n\n```bash\n{command}\n```")

    def _end(self, tools: Sequence[ToolInfo]) -> ModelOutput:
        words = "This is all that a rehearsal does."
        for tool in tools:
            if tool.name == "submit":
                return self._call("submit", dict.fromkeys(tool.parameters.required or ["answer"], _ANSWER), words)
        return ModelOutput.from_content(self.model_name, f"{words}\n\n```submit\n{_ANSWER}\n```")

    def _call(self, tool: str, arguments: dict[str, str], words: str) -> ModelOutput:
        return ModelOutput.for_tool_call(self.model_name, tool, arguments, content=words)
