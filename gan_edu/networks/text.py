"""Reading words: from captions to vectors."""

import torch
from torch import Tensor, nn


class TextEncoder(nn.Module):
    """A recurrent text encoder (文本编码器): (n, length) numbers of words -> (n, width), the state after the last word.

    h_t = GRU(h_{t-1}, word vector of word t), h_0 = 0, all of the sequence but the padding 0 after its end. The state after "blue hair"
    differs from that after "hair blue": order counts, which a mean of word vectors cannot know.

    words: how many there are; they are numbered from 1. width: of the state. vectors: width of a word's vector.
    generator: source of the first weights: word vectors standard normal, the others as PyTorch's, uniform on
    (-1/sqrt(width), 1/sqrt(width)).
    Raises ValueError when a number is below 1; when called, for another type or shape, a row without words, padding
    between words, and numbers out of range.

    Source: Cho et al., 2014, arXiv 1406.1078 (the GRU); for text to image Reed et al., 2016, arXiv 1605.05396.
    """

    def __init__(self, words: int, width: int = 64, vectors: int = 32, *, generator: torch.Generator) -> None:
        super().__init__()
        if min(words, width, vectors) < 1:
            raise ValueError(f"wanted at least one word and number; got words={words}, width={width}, vectors={vectors}")
        self.words, self.width = words, width
        self.vectors = nn.Embedding(words + 1, vectors, padding_idx=0, device="meta").to_empty(device=generator.device)
        self.reader = nn.GRU(vectors, width, batch_first=True, device="meta").to_empty(device=generator.device)
        with torch.no_grad():
            self.vectors.weight.normal_(generator=generator)
            self.vectors.weight[0] = 0
            for parameter in self.reader.parameters():
                parameter.uniform_(-(width**-0.5), width**-0.5, generator=generator)

    def forward(self, tokens: Tensor) -> Tensor:
        if tokens.ndim != 2 or tokens.dtype != torch.int64 or tokens.shape[1] < 1:
            raise ValueError(f"captions must be int64 of shape (n, length); got {tokens.dtype} of shape {tuple(tokens.shape)}")
        said = tokens > 0
        if not tokens.is_meta:
            self._check(tokens, said)
        states, _ = self.reader(self.vectors(tokens))
        return states[torch.arange(len(tokens), device=tokens.device), said.sum(1) - 1]

    def _check(self, tokens: Tensor, said: Tensor) -> None:
        if bool((tokens < 0).any() | (tokens > self.words).any()):
            raise ValueError(f"words are numbered from 1 to {self.words}, 0 ends a caption; got numbers from {int(tokens.min())} to {int(tokens.max())}")
        if not bool(said[:, 0].all()) or bool((said[:, 1:] & ~said[:, :-1]).any()):
            raise ValueError("every caption needs a word, and 0 only after its last")
