"""The example networks have the sizes of their papers, and keep them through ONNX."""

from __future__ import annotations

import pytest
import torch

from edgec.examples.dscnn import DsCnn, dscnn
from edgec.examples.mobilenet_cifar import MobileNetV2, mobilenetv2_half
from edgec.examples.resnet_cifar import ResNet, resnet20
from edgec.model.inspect import inspect_model
from edgec.model.load import load_model


def parameters(net: torch.nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(("depth", "millions"), [(3, 0.27), (5, 0.46), (9, 0.85)])
def test_resnets_of_20_32_and_56_layers_have_the_papers_parameters(depth: int,
                                                                  millions: float) -> None:
    assert parameters(ResNet(depth=depth)) / 1e6 == pytest.approx(millions, abs=0.01)


def test_twice_the_width_has_four_times_the_weights() -> None:
    assert parameters(ResNet(2.0)) / parameters(ResNet()) == pytest.approx(4, rel=0.02)


def test_mobilenetv2_with_1000_classes_has_the_papers_parameters() -> None:
    assert parameters(MobileNetV2(1.0, 1000)) / 1e6 == pytest.approx(3.5, abs=0.01)


def test_keyword_network_has_mlperf_tinys_weights() -> None:
    convolutions = sum(p.numel() for p in DsCnn().parameters() if p.ndim == 4)
    assert convolutions == 64 * 40 + 4 * (64 * 9 + 64 * 64)


@pytest.mark.parametrize(("net", "macs", "norms"), [
    ("resnet_cifar:resnet20", 40_813_184, 21), ("dscnn:dscnn", 2_656_768, 9),
    ("mobilenet_cifar:mobilenetv2_half", 12_338_944, 52)])
def test_norms_stay_nodes_and_macs_are_as_counted(net: str, macs: int, norms: int) -> None:
    model = load_model(f"edgec.examples.{net}")
    assert inspect_model(model).macs == macs
    assert sum(n.op_type == "BatchNormalization" for n in model.graph) == norms


def test_examples_run() -> None:
    for made in (resnet20, dscnn, mobilenetv2_half):
        net, example = made()
        assert net(*example).shape[0] == 1
