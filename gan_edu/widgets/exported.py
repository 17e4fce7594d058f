"""A multilayer perceptron as JSON values, for a page that computes it without Python (``static/mlp.js``)."""

import base64

import torch
from torch import nn

PLAIN = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}
RESHAPING = (nn.Sequential, nn.Flatten, nn.Unflatten)  # the page's numbers stay in one row


def exported(network: nn.Module) -> list[dict[str, object]]:
    """The layers of a multilayer perceptron in order, each as a dict of JSON values.

    network: an ``nn.Sequential``, nested or not, of Linear, ReLU, LeakyReLU, Tanh and Sigmoid; Flatten and Unflatten only
    reshape and are left out. A Linear becomes {"kind": "linear", "inputs", "outputs", "weights"}, with weights the base64 of
    little-endian float32: the matrix (outputs, inputs) row by row, then the bias.
    Raises ValueError, with the layer's name, for any other module, for weights that are not finite and for a layer that
    does not take what the one before gives; and for a network without a Linear.
    """
    layers: list[dict[str, object]] = []
    width = None
    for name, module in network.named_modules(remove_duplicate=False):  # one activation may stand in two places
        if type(module) in RESHAPING:
            continue
        layer = _layer(f"layer {name or 0} ({type(module).__name__})", module)
        if width is not None and layer.get("inputs", width) != width:
            raise ValueError(f"layer {name} must take the {width} numbers that the one before gives, it takes {layer['inputs']}")
        width = layer.get("outputs", width)
        layers.append(layer)
    if width is None:
        raise ValueError(f"the network must hold at least one Linear layer, got {len(layers)} layers without one")
    return layers


def _layer(name: str, module: nn.Module) -> dict[str, object]:
    # by exact type: a subclass may compute something else
    if type(module) in PLAIN:
        return {"kind": PLAIN[type(module)]}
    if type(module) is nn.LeakyReLU:
        return {"kind": "leaky_relu", "slope": module.negative_slope}
    if type(module) is not nn.Linear:
        raise ValueError(f"{name} cannot be exported: only Sequential, Linear, ReLU, LeakyReLU, Tanh, Sigmoid, Flatten and Unflatten can")
    bias = module.weight.new_zeros(module.out_features) if module.bias is None else module.bias
    numbers = torch.cat([module.weight.flatten(), bias]).detach().float().cpu()
    if not numbers.isfinite().all():
        raise ValueError(f"the weights of {name} must be finite, {int((~numbers.isfinite()).sum())} of {len(numbers)} are not")
    weights = base64.b64encode(numbers.numpy().astype("<f4").tobytes()).decode("ascii")
    return {"kind": "linear", "inputs": module.in_features, "outputs": module.out_features, "weights": weights}
