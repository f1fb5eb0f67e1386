"""A simple, honest model for whatever competition lies in the data folder; runs inside the sandbox.

Finds a training and a test table, builds features (numbers, category codes, TF-IDF of text), fits a scikit-learn model and
writes a submission in the format of the sample submission. Where it finds nothing to learn from, it submits the sample
submission as it is. Knows no competition by name.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

MAX_ROWS = 100_000
MAX_CLASSES = 200


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--submission", type=Path, required=True)
    parser.add_argument("--sample", required=True, help="name of the sample submission below the data folder")
    parser.add_argument("--metric", required=True)
    parser.add_argument("--mode", choices=["baseline", "dummy"], default="baseline")
    args = parser.parse_args()

    sample_file = find_sample(args.data, args.sample)
    table = None
    if args.mode == "baseline":
        try:
            table = predict(args.data, pd.read_csv(sample_file), args.metric)
        except Exception as ex:  # whatever data it meets, a submission is better than none
            print(f"no model: {type(ex).__name__}: {ex}", file=sys.stderr)
    args.submission.parent.mkdir(parents=True, exist_ok=True)
    aside = args.submission.with_name(f".{args.submission.name}.part")
    if table is None:
        print("submitting the sample submission as it is")
        shutil.copyfile(sample_file, aside)
    else:
        table.to_csv(aside, index=False)
    os.replace(aside, args.submission)


def find_sample(data: Path, name: str) -> Path:
    """The sample submission by its name, or by what it looks like, also inside a zip."""
    if (data / name).is_file():
        return data / name
    tables = sorted(p for p in data.glob("*.csv") if "sample" in p.name.lower())
    if tables:
        return tables[0]
    for archive in sorted(data.glob("*.zip")):
        with zipfile.ZipFile(archive) as zipped:
            for member in zipped.namelist():
                if "sample" in member.lower() and member.endswith(".csv"):
                    target = Path("sample_submission.csv").absolute()
                    target.write_bytes(zipped.read(member))
                    return target
    raise SystemExit(f"no sample submission in {data}")


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".json":
        return pd.read_json(path)
    return pd.read_csv(path, nrows=MAX_ROWS * 3, sep="\t" if path.suffix == ".tsv" else ",", low_memory=False)


def find_tables(data: Path, sample: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training table, and the test table with the sample submission's ids."""
    id_column = sample.columns[0]
    files = [p for p in sorted(data.glob("*.*")) if p.suffix in (".csv", ".tsv", ".json") and "sample" not in p.name.lower()]
    train = next((p for p in files if p.stem.lower() == "train"), None) or next(
        (p for p in files if "train" in p.stem.lower()), None
    )
    test = next((p for p in files if p.stem.lower() == "test"), None) or next(
        (p for p in files if "test" in p.stem.lower()), None
    )
    if train is None or test is None:
        raise ValueError("no training or test table")
    train_table, test_table = read(train), read(test)
    if id_column not in test_table or not test_table[id_column].isin(sample[id_column]).all():
        raise ValueError(f"the test table has no column {id_column} with the sample submission's ids")
    if len(train_table) > MAX_ROWS:
        train_table = train_table.sample(MAX_ROWS, random_state=0)
    return train_table, test_table


def predict(data: Path, sample: pd.DataFrame, metric: str) -> pd.DataFrame | None:
    """The filled-in sample submission."""
    train, test = find_tables(data, sample)
    id_column, targets = sample.columns[0], list(sample.columns[1:])
    known = [t for t in targets if t in train]
    usable = [c for c in train if c in test and c != id_column]
    x_train, x_test = features(train[usable], test[usable])
    out = pd.DataFrame({id_column: test[id_column]})
    if known == targets:
        for target in targets:
            out[target] = one_target(x_train, train[target], x_test, metric, sample[target])
    else:
        label = class_column(train, usable, targets)
        probabilities = classify(x_train, train[label].astype(str), x_test)
        for target in targets:
            out[target] = probabilities.get(target, 0.0)
    order = sample[[id_column]].merge(out, on=id_column, how="left")
    print(f"a model of {x_train.shape[1]} features on {x_train.shape[0]} rows")
    return order[list(sample.columns)]


def class_column(train: pd.DataFrame, usable: list[str], targets: list[str]) -> str:
    """The training column whose values are the names of the submission's columns."""
    for column in train.columns:
        if column not in usable and set(train[column].dropna().astype(str).unique()) <= set(targets):
            return str(column)
    raise ValueError("no training column holds the submission's classes")


def features(train: pd.DataFrame, test: pd.DataFrame):
    """One matrix each: numbers as they are, few-valued text as codes, parts of structured text, TF-IDF of prose."""
    both = pd.concat([train, test], ignore_index=True)
    numbers, prose = {}, []
    for name in both.columns:
        column = both[name]
        if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
            numbers[name] = column.astype(float)
            continue
        text = column.astype("string")
        if text.str.count(" ").mean() > 1.5:
            prose.append(text.fillna(""))
            numbers[f"{name} length"] = text.str.len().astype(float)
            continue
        for i, part in text.str.split(r"[/_\-]", expand=True).items():
            if i > 3:
                break
            as_number = pd.to_numeric(part, errors="coerce")
            if as_number.notna().sum() > 0.8 * part.notna().sum():
                numbers[f"{name} {i}"] = as_number.astype(float)
            elif part.nunique() <= 255:
                numbers[f"{name} {i}"] = pd.Series(pd.factorize(part)[0]).astype(float)
    blocks = [pd.DataFrame(numbers)] if numbers else []
    if prose:
        from scipy import sparse
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = prose[0]
        for more in prose[1:]:
            texts = texts + " " + more
        words = TfidfVectorizer(sublinear_tf=True, min_df=2, max_features=100_000, ngram_range=(1, 2)).fit_transform(texts)
        if blocks:
            dense = blocks[0].fillna(0).to_numpy()
            dense = (dense - dense.mean(0)) / (dense.std(0) + 1e-9)
            words = sparse.hstack([words, sparse.csr_matrix(dense * 0.1)]).tocsr()
        return words[: len(train)], words[len(train) :]
    if not blocks:
        raise ValueError("no usable feature")
    matrix = blocks[0].to_numpy(dtype=float)
    return matrix[: len(train)], matrix[len(train) :]


def is_sparse(x) -> bool:
    return not isinstance(x, np.ndarray)


def classify(x, y: pd.Series, x_test) -> pd.DataFrame:
    """Class probabilities, one column per class."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    if y.nunique() > MAX_CLASSES:
        raise ValueError(f"{y.nunique()} classes")
    model = (
        LogisticRegression(C=10, max_iter=300)
        if is_sparse(x)
        else HistGradientBoostingClassifier(max_iter=200, learning_rate=0.06, l2_regularization=1, random_state=0)
    )
    model.fit(x, y)
    return pd.DataFrame(model.predict_proba(x_test), columns=[str(c) for c in model.classes_])


def one_target(x, y: pd.Series, x_test, metric: str, like: pd.Series) -> np.ndarray:
    """Predictions of one column: probabilities, labels or numbers, as the metric wants them."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    known = y.notna().to_numpy()
    x, y = x[known], y[known]
    labels = not pd.api.types.is_float_dtype(y) or set(y.unique()) <= {0.0, 1.0}
    wants_probability = any(word in metric for word in ("auc", "log_loss", "gini"))
    if labels and y.nunique() <= MAX_CLASSES and (wants_probability or not pd.api.types.is_numeric_dtype(like) or y.nunique() <= 20):
        probabilities = classify(x, y.astype(str), x_test)
        if wants_probability and len(probabilities.columns) == 2:
            positive = next((c for c in probabilities if c in ("1", "1.0", "True")), probabilities.columns[-1])
            return probabilities[positive].to_numpy()
        names = {str(v): v for v in y.unique()}
        return np.array([names[c] for c in probabilities.idxmax(axis=1)], dtype=object)
    model = Ridge(alpha=1.0) if is_sparse(x) else HistGradientBoostingRegressor(max_iter=300, random_state=0)
    return model.fit(x, y.astype(float)).predict(x_test)


if __name__ == "__main__":
    main()
