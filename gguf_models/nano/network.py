"""aa-nano's network: a small llama (RMSNorm, rotary positions, grouped queries, SwiGLU) in PyTorch."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 (its usual name)
from torch import Tensor, nn

from nano.shape import NORM_EPSILON, ROPE_BASE, Shape


class Block(nn.Module):
    """One layer: attention, then a gated feed-forward, each behind a norm and added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, head = shape.width, shape.head
        self.attn_norm = nn.RMSNorm(width, eps=NORM_EPSILON)
        self.attn_q = nn.Linear(width, shape.n_heads * head, bias=False)
        self.attn_k = nn.Linear(width, shape.n_kv_heads * head, bias=False)
        self.attn_v = nn.Linear(width, shape.n_kv_heads * head, bias=False)
        self.attn_output = nn.Linear(shape.n_heads * head, width, bias=False)
        self.ffn_norm = nn.RMSNorm(width, eps=NORM_EPSILON)
        self.ffn_gate = nn.Linear(width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, width, bias=False)

    def forward(self, stream: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """One layer over a batch of rows of tokens."""
        rows, length, _ = stream.shape
        head = self.shape.head
        normed = self.attn_norm(stream)
        q = _rotate(self.attn_q(normed).view(rows, length, -1, head), cos, sin)
        k = _rotate(self.attn_k(normed).view(rows, length, -1, head), cos, sin)
        v = self.attn_v(normed).view(rows, length, -1, head)
        share = self.shape.n_heads // self.shape.n_kv_heads
        if share > 1:
            k, v = k.repeat_interleave(share, dim=2), v.repeat_interleave(share, dim=2)
        mixed = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True)
        stream = stream + self.attn_output(mixed.transpose(1, 2).reshape(rows, length, -1))
        normed = self.ffn_norm(stream)
        return stream + self.ffn_down(F.silu(self.ffn_gate(normed)) * self.ffn_up(normed))


class Network(nn.Module):
    """The whole network; `forward` gives the hidden state behind the last norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.n_vocab, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.n_layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=NORM_EPSILON)
        self.output = nn.Linear(shape.width, shape.n_vocab, bias=False)
        steps = torch.arange(0, shape.head, 2, dtype=torch.float32) / shape.head
        angles = torch.outer(torch.arange(shape.n_context, dtype=torch.float32), ROPE_BASE**-steps)
        self.register_buffer("cos", angles.cos().repeat(1, 2)[:, None, :], persistent=False)
        self.register_buffer("sin", angles.sin().repeat(1, 2)[:, None, :], persistent=False)
        self._start()

    def _start(self) -> None:
        """Weights of standard deviation 1/sqrt(inputs); those that write to the stream smaller, by depth."""
        for name, weight in self.named_parameters():
            if weight.dim() < 2:
                continue
            spread = weight.shape[1] ** -0.5
            if name.endswith(("attn_output.weight", "ffn_down.weight")):
                spread /= (2 * self.shape.n_layers) ** 0.5
            nn.init.normal_(weight, std=spread)

    def forward(self, tokens: Tensor) -> Tensor:
        """Hidden states of rows of tokens, shape (rows, length, width)."""
        length = tokens.shape[1]
        stream = self.token_embd(tokens)
        cos, sin = self.cos[:length].to(stream.dtype), self.sin[:length].to(stream.dtype)
        for block in self.blk:
            stream = block(stream, cos, sin)
        hidden: Tensor = self.output_norm(stream)
        return hidden


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions over the two halves of a head; the export reorders the rows to llama.cpp's pairs."""
    first, second = x.chunk(2, dim=-1)
    return x * cos.to(x.dtype) + torch.cat((-second, first), dim=-1) * sin.to(x.dtype)
