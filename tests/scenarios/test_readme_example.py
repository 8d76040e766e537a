"""The example in scenarios/README.md is a valid scenario with a draw for every seed tried."""

import re
from pathlib import Path

import scenarios
from scenarios.load import load_scenario
from scenarios.place import place
from scenarios.sample import sample
from sim.maps.library import load_network


def test_the_documented_example_can_be_placed(tmp_path: Path) -> None:
    text = (Path(scenarios.__file__).parent / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    file = tmp_path / "example.yaml"
    file.write_text(example.group(1), encoding="utf-8")
    network = load_network("town_quarter")
    for seed in range(5):
        place(sample(load_scenario(str(file)), seed), network)
