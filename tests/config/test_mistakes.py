"""Every slip in a configuration: one line that says where, what is wrong and what was probably meant."""

import pytest

from config.written import loaded
from mexflow.config.configuration import load_configuration
from mexflow.errors import UserError


def told(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(UserError) as caught:
        loaded(*changes)
    return str(caught.value).splitlines()


UNKNOWN_KEYS = {
    ("learning_rate", "learningrate"): 'models.ststnet: unknown key "learningrate"; did you mean "learning_rate"?',
    ("{kind: demo}", "{kind: demo, subject: 3}"): 'datasets.demo: unknown key "subject"; did you mean "subjects"?',
    ("root:", "roott:"): 'datasets.own: unknown key "roott"; did you mean "root"?',
    ("{mode: per", "{sise: 64, mode: per"): 'alignments.clip68: unknown key "sise"; did you mean "size"?',
    ("{method: tvl1}", "{lambda: 0.1}"): 'flows.tvl1: unknown key "lambda"; did you mean "lambda_"?',
    ("alignment: clip68", "alignmnet: clip68"): 'features.uvs28: unknown key "alignmnet"; did you mean "alignment"?',
    ("{split: loso}", "{splits: loso}"): 'protocols.loso: unknown key "splits"; did you mean "split"?',
    ("labels: three", "label: three"): 'experiments[0]: unknown key "label"; did you mean "labels"?',
    ("experiments:", "experiment:"): 'unknown key "experiment"; did you mean "experiments"?',
    (
        "{split: loso}",
        "{split: loso, zzz: 1}",
    ): (
        'protocols.loso: unknown key "zzz"; known: augmentation, by, carry_over, epoch, file, folds, permute_labels,'
        " random_state, scored, shuffle, split, statistics, stratify, test, test_share, train, train_counts"
    ),
}

UNKNOWN_NAMES = {
    ("[ststnet]", "[ststnett]"): 'experiments[0].models: no model is named "ststnett"; did you mean "ststnet"?',
    ("[demo]", "[demoo]"): 'experiments[0].datasets: no dataset is named "demoo"; did you mean "demo"?',
    ("[uvs28]", "[uvs82]"): 'experiments[0].features: no feature is named "uvs82"; did you mean "uvs28"?',
    ("[loso]", "[loco]"): 'experiments[0].protocols: no protocol is named "loco"; did you mean "loso"?',
    (": clip68,", ": clip86,"): 'features.uvs28.alignment: no alignment is named "clip86"; did you mean "clip68"?',
    ("flow: tvl1}", "flow: farneback}"): 'features.uvs28.flow: no flow is named "farneback"; known: tvl1',
}

WRONG_VALUES = {
    ("{kind: demo}", "{kind: demmo}"): 'datasets.demo.kind: "demmo" is not known here; did you mean "demo"?',
    ("{kind: demo}", "{kind: [demo]}"): 'datasets.demo.kind: "[\'demo\']" is not known here; did you mean "demo"?',
    ("{kind: demo}", "{subjects: 3}"): 'datasets.demo: the key "kind" is missing',
    (", root: /data/own", ""): "datasets.own.root: this key is missing",
    ("architecture: ststnet, ", ""): "models.ststnet.architecture: this key is missing",
    ("protocols:\n  loso: {split: loso}\n", ""): "protocols: this key is missing",
    ("{split: loso}", "{split: kfold}"): 'protocols.loso.split: "kfold" is not known here; did you mean "k_fold"?',
    ("three_class", "threeclass"): 'experiments[0].labels: "threeclass" is not known here; did you mean "three_class"?',
    ("three_class", "three_class, seeds: 5"): "experiments[0].seeds: a list is needed, such as [5] (given: 5)",
    ("three_class", "three_class, seeds: []"): "experiments[0].seeds: this list is empty; at least one entry is needed",
    ("three_class", "three_class, seeds: [a]"): "experiments[0].seeds[0]: should be a valid integer (given: 'a')",
    ("three_class", "emotion, seeds: [0, -1]"): (
        "experiments[0].seeds[1]: should be greater than or equal to 0 (given: -1)"
    ),
    ("[ststnet]", "ststnet"): "experiments[0].models: a list is needed, such as [ststnet] (given: 'ststnet')",
    ("[demo]", ""): "experiments[0].datasets: a list is needed (given: nothing)",
    (": clip68,", ": [clip68],"): "features.uvs28.alignment: one name is needed (given: ['clip68'])",
    ("500", "many"): "models.ststnet.epochs: should be a valid integer (given: 'many')",
    ("500", "0"): "models.ststnet.epochs: should be greater than 0 (given: 0)",
    ("5.0e-5", ".nan"): "models.ststnet.learning_rate: should be a finite number (given: nan)",
    ("{kind: demo}", "{kind: demo, subjects: 1}"): (
        "datasets.demo.subjects: should be greater than or equal to 2 (given: 1)"
    ),
    ("root: /data/own", "root: [a]"): "datasets.own.root: is not a valid path (given: ['a'])",
    ("{kind: demo}", "demo"): "datasets.demo: keys with values are needed, as in {key: value} (given: 'demo')",
    ("{kind: demo}", ""): "datasets.demo: keys with values are needed, as in {key: value} (given: nothing)",
    ("flow: tvl1}", "flow: tvl1, channels: [u, strian]}"): (
        'features.uvs28.channels[1]: "strian" is not known here; did you mean "strain"?'
    ),
}

WRONG_NAMES = {
    ("demo: {", "no: {"): "datasets: YAML reads an unquoted no, off or false as False; put the name in quotes",
    ("[demo]", "[on]"): (
        "experiments[0].datasets[0]: YAML reads an unquoted yes, on or true as True; put the name in quotes"
    ),
    ("[demo]", "[12]"): 'experiments[0].datasets[0]: 12 is a number here; put the name in quotes: "12"',
    ("loso: {", "a b: {"): 'protocols: "a b" is no name: letters, digits, "_" and "-" only',
    ("loso: {", "../x: {"): 'protocols: "../x" is no name: letters, digits, "_" and "-" only',
    ("ststnet: {", "-x: {"): 'models: "-x" is no name: letters, digits, "_" and "-" only',
    ("clip68: {", "sub.x: {"): 'alignments: "sub.x" is no name: letters, digits, "_" and "-" only',
}


@pytest.mark.parametrize(
    ("change", "line"), [*(UNKNOWN_KEYS | UNKNOWN_NAMES | WRONG_NAMES).items(), *WRONG_VALUES.items()]
)
def test_one_slip_is_one_line(change, line):
    assert told(change) == [f"config.yaml: {line}"]


@pytest.mark.parametrize(
    ("section", "old", "taken"),
    [("alignments", "clip68", name) for name in ("raw", "features", "runs")] + [("flows", "tvl1", "aligned")],
)
def test_a_name_that_a_folder_of_results_has_is_taken(section, old, taken):
    use = "alignment: clip68" if section == "alignments" else "flow: tvl1"
    lines = told((f"{old}: {{m", f"{taken}: {{m"), (use, use.replace(old, taken)))
    assert lines == [f'config.yaml: {section}: the name "{taken}" is taken by a folder of results; choose another']


def test_each_of_several_mistakes_has_its_line():
    lines = told(("epochs: 500, batch_size: 256", "epoch: 5, batchsize: 2"), ("{split: loso}", "{split: kfold}"))
    assert lines == [
        'config.yaml: models.ststnet: unknown key "epoch"; did you mean "epochs"?',
        'config.yaml: models.ststnet: unknown key "batchsize"; did you mean "batch_size"?',
        'config.yaml: protocols.loso.split: "kfold" is not known here; did you mean "k_fold"?',
    ]


def test_each_of_several_unknown_names_has_its_line():
    lines = told(("[ststnet]", "[ststnet, cnn]"), ("[demo]", "[demo, smic]"), ("flow: tvl1}", "flow: tv}"))
    assert [line.split(": ")[1] for line in lines] == [
        "features.uvs28.flow",
        "experiments[0].datasets",
        "experiments[0].models",
    ]


def test_a_message_stays_short_whatever_was_given():
    (line,) = told(("experiments:\n  -", "experiments:\n "))
    assert line.startswith("config.yaml: experiments: a list is needed (given: {'datasets': ['demo'], ")
    assert len(line) < 120


def test_a_message_names_the_source_it_was_given():
    with pytest.raises(UserError, match=r"^one\.yaml \+ two\.yaml: datasets: this key is missing"):
        load_configuration({}, source="one.yaml + two.yaml")


def test_the_configuration_that_is_changed_here_has_no_mistake():
    assert loaded().datasets.keys() == {"demo", "own"}
