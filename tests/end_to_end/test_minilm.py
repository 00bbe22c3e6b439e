"""MiniLM with quantized linear layers: sentence embeddings stay where the float model puts them."""

import numpy as np
import pytest

from edgec import pipeline
from edgec.examples import minilm
from edgec.lower import lower as lowering
from edgec.measure.accuracy import cosine
from edgec.model.load import normalize
from edgec.model.onnxruntime import Runner
from edgec.model.torch_export import export_module
from tests.end_to_end.made import make


@pytest.mark.slow
def test_int8_linear_layers_keep_sentence_embeddings(tmp_path) -> None:
    model = normalize(export_module(*minilm.model()))
    tokens = minilm.tokenize(minilm.sentences(96))
    samples = [{name: array[i:i + 1] for name, array in tokens.items()} for i in range(96)]
    made = make(model, samples[:64], tmp_path)
    kinds = [p for p in lowering.placement(lowering.lower(made.quantized))
             if p.op == "fully_connected"]
    test = [np.concatenate([s[name] for s in samples[64:]]) for name in ("ids", "mask")]
    found = pipeline.run(made.bundle.path, test)[0]
    runner = Runner(model)
    expected = np.concatenate([next(iter(runner.run(s).values())) for s in samples[64:]])
    assert {p.runs for p in kinds} == {"int8"}
    assert cosine(found, expected) >= 0.99
