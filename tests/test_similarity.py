"""Similarity of pairs whose overlap is known, and the places where they are alike."""

from __future__ import annotations

import random

import pytest

from mlebench_inspect.plagiarism.comparing import Document, common_to, likeness, passages
from pairs import BOILERPLATE, IMPORTS, functions, program, renamed

NOTEBOOK = functions(1)
FOLDS = """import numpy as np
import pandas as pd
import lightgbm as lgb
from sklearn.model_selection import StratifiedKFold

train = pd.read_csv("../input/train.csv")
test = pd.read_csv("../input/test.csv")
features = [c for c in train.columns if c not in ["id", "target"]]
for c in ["cat1", "cat2"]:
    train[c] = train[c].astype("category")
    test[c] = test[c].astype("category")
params = {
    "objective": "binary", "metric": "auc", "learning_rate": 0.05, "num_leaves": 31, "feature_fraction": 0.8,
    "bagging_fraction": 0.8, "bagging_freq": 5, "verbosity": -1, "seed": 42,
}
folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=42)
oof, preds = np.zeros(len(train)), np.zeros(len(test))
for fold, (trn_idx, val_idx) in enumerate(folds.split(train, train["target"])):
    trn = lgb.Dataset(train.iloc[trn_idx][features], train["target"].iloc[trn_idx])
    val = lgb.Dataset(train.iloc[val_idx][features], train["target"].iloc[val_idx])
    model = lgb.train(params, trn, 1000, valid_sets=[val], callbacks=[lgb.early_stopping(50)])
    oof[val_idx] = model.predict(train.iloc[val_idx][features])
    preds += model.predict(test[features]) / folds.n_splits
pd.DataFrame({"id": test["id"], "target": preds}).to_csv("submission.csv", index=False)
"""
CLASSES = """import os
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, early_stopping
from sklearn.model_selection import KFold

DATA, SEED, N_FOLDS = "/home/data", 2024, 10

def load():
    df = pd.read_csv(os.path.join(DATA, "train.csv"), index_col="id")
    return df, pd.read_csv(os.path.join(DATA, "test.csv"), index_col="id")

def encode(df, df_test):
    for col in df.select_dtypes("object").columns:
        codes = {v: i for i, v in enumerate(sorted(set(df[col].astype(str)) | set(df_test[col].astype(str))))}
        df[col] = df[col].astype(str).map(codes)
        df_test[col] = df_test[col].astype(str).map(codes)
    df["ratio"] = df["a"] / (df["b"] + 1e-6)
    return df, df_test

def fit_predict(X, y, X_test):
    predictions = np.zeros((N_FOLDS, X_test.shape[0]))
    for i, (a, b) in enumerate(KFold(N_FOLDS, shuffle=True, random_state=SEED).split(X)):
        clf = LGBMClassifier(
            n_estimators=5000, learning_rate=0.02, max_depth=7, subsample=0.7, colsample_bytree=0.6, reg_alpha=0.1,
            reg_lambda=0.3, random_state=SEED + i,
        )
        clf.fit(X.iloc[a], y.iloc[a], eval_set=[(X.iloc[b], y.iloc[b])], callbacks=[early_stopping(100)])
        predictions[i] = clf.predict_proba(X_test)[:, 1]
    return predictions.mean(axis=0)

if __name__ == "__main__":
    train, test = encode(*load())
    target = train.pop("target")
    out = pd.DataFrame({"id": test.index, "target": fit_predict(train, target, test)})
    out.to_csv("/home/submission/submission.csv", index=False)
"""


def similarity(left: str, right: str) -> float:
    return likeness(Document("left", left), Document("right", right)).similarity


def test_renamed_code_is_the_same() -> None:
    assert renamed(program(NOTEBOOK)) != program(NOTEBOOK)
    assert similarity(renamed(program(NOTEBOOK)), program(NOTEBOOK)) == 1.0


def test_reordered_functions_are_found() -> None:
    shuffled = random.Random(3).sample(NOTEBOOK, len(NOTEBOOK))
    assert similarity(program(shuffled), program(NOTEBOOK)) > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_similarity_follows_the_share_that_was_copied(seed: int) -> None:
    """Half of the fingerprints of both are shared where half of the code is, if the rest is as long."""
    origin, own = functions(10 + seed), functions(20 + seed)
    notebook = Document("notebook", program(origin))
    found = []
    for copied in (0, 3, 6, 9, 12):
        code = renamed(program([*own[copied:], *random.Random(seed).sample(origin[:copied], copied)]))
        document = Document("code", code)
        tokens = [len(Document("part", "\n".join(part)).tokens) for part in (origin[:copied], own[copied:], origin)]
        expected = 2 * tokens[0] / (tokens[0] + tokens[1] + tokens[2])
        alike = likeness(document, notebook)
        assert alike.similarity == pytest.approx(expected, abs=0.06)
        assert alike.covered == pytest.approx(tokens[0] / (tokens[0] + tokens[1]), abs=0.06)
        found.append(alike.similarity)
    assert found == sorted(found)
    assert found[0] < 0.05


def test_a_small_copy_out_of_a_long_notebook_is_covered() -> None:
    long = program([*functions(5, 60), *NOTEBOOK[:4]])
    alike = likeness(Document("code", program(NOTEBOOK[:4])), Document("notebook", long))
    assert alike.covered > 0.95
    assert alike.similarity < 0.2


@pytest.mark.parametrize(("left", "right"), [(FOLDS, CLASSES), (program(functions(6)), program(functions(7)))])
def test_independent_solutions_are_not_alike(left: str, right: str) -> None:
    assert similarity(left, right) < 0.2


def test_imports_alone_are_nothing() -> None:
    assert similarity(IMPORTS, IMPORTS) == 0.0
    assert Document("code", IMPORTS).tokens == []


def test_by_hand() -> None:
    left, right = Document("left", ""), Document("right", "")
    left.__dict__["fingerprints"] = {1: [0], 2: [5, 9], 3: [12]}
    right.__dict__["fingerprints"] = {2: [0], 3: [3, 4, 6], 9: [8]}
    assert likeness(left, right) == (7 / 9, 3 / 4, 3)
    assert likeness(left, right, {3}) == (3 / 5, 2 / 3, 2)
    assert likeness(left, right, {2, 3}) == (0.0, 0.0, 0)


def test_what_many_notebooks_have_can_be_left_out() -> None:
    shared = NOTEBOOK[:6]
    books = [Document(f"n{n}", program([*shared, *functions(100 + n, 6)])) for n in range(4)]
    code = Document("code", program([*shared, *functions(99, 6)]))
    assert likeness(code, books[0]).similarity == pytest.approx(0.5, abs=0.1)
    assert likeness(code, books[0], common_to(books, 0.5)).similarity < 0.05
    assert common_to(books[:2], 0.5) == frozenset()


def test_passages_are_the_lines_on_both_sides() -> None:
    own, other = functions(30), functions(31)
    code = "\n".join([own[0], NOTEBOOK[3], own[1], NOTEBOOK[1], own[2]])
    notebook = BOILERPLATE + "\n".join([other[0], NOTEBOOK[1], other[1], NOTEBOOK[3]])
    found = passages(Document("code", renamed(code)), Document("notebook", notebook))
    assert len(found) == 2
    for passage, function in zip(found, (NOTEBOOK[3], NOTEBOOK[1]), strict=True):
        lines = notebook.split("\n")[passage.right[0] - 1 : passage.right[1]]
        wanted = function.rstrip().split("\n")
        assert set(wanted) - {wanted[0], wanted[1]} <= set(lines)
        assert len(lines) <= len(wanted) + 4
    assert found[0].left < found[1].left
    assert found[0].right > found[1].right


def test_no_passage_without_a_shared_fingerprint() -> None:
    assert passages(Document("code", program(functions(40))), Document("notebook", program(functions(41)))) == []
