"""A llama.cpp that crashes when it is told to: a small library before the real one, compiled by the test.

`AA_TUI_STAND_IN` says what it does: `decode 11` dies of signal 11 at the first decode, `load 6 bad` of signal 6 when a
file is loaded whose path has "bad" in it, `decode-with-extra 11` only while weights may be repacked,
`decode-with-flash 11` only while flash attention may be used, `wrong 0` changes a token of each batch, `exit 1 bad`
ends the process as libraries do, `fill 4096 bad` takes so many MiB at the first decode.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model_params { _Alignas(8) char bytes[MODEL_PARAMS]; };
struct context_params { _Alignas(8) char bytes[CONTEXT_PARAMS]; };
struct batch { int32_t n; int32_t *token; float *embd; int32_t *pos; int32_t *n_seq; int32_t **seq; int8_t *logits; };

static char where[64], in_path[256];
static int number, is_bad, extra = 1, flash = 1;

static void die(void) {
    fprintf(stderr, "stand-in: GGML_ASSERT(%s) failed\n", where);
    raise(number);
}

static void read_wish(void) {
    const char *wish = getenv("AA_TUI_STAND_IN");
    in_path[0] = where[0] = 0;
    if (wish) sscanf(wish, "%63s %d %255s", where, &number, in_path);
}

void *llama_model_load_from_file(const char *path, struct model_params params) {
    void *(*real)(const char *, struct model_params) = dlsym(RTLD_NEXT, "llama_model_load_from_file");
    read_wish();
    is_bad = strstr(path, in_path) != NULL;
    extra = params.bytes[EXTRA];
    if (is_bad && !strcmp(where, "load")) die();
    if (is_bad && !strcmp(where, "exit")) { fprintf(stderr, "stand-in: no threads\n"); exit(number); }
    return real(path, params);
}

void *llama_init_from_model(void *model, struct context_params params) {
    void *(*real)(void *, struct context_params) = dlsym(RTLD_NEXT, "llama_init_from_model");
    memcpy(&flash, params.bytes + FLASH, sizeof flash);
    return real(model, params);
}

int32_t llama_decode(void *context, struct batch batch) {
    int32_t (*real)(void *, struct batch) = dlsym(RTLD_NEXT, "llama_decode");
    if (is_bad && !strcmp(where, "decode")) die();
    if (extra && !strcmp(where, "decode-with-extra")) die();
    if (flash && !strcmp(where, "decode-with-flash")) die();
    if (is_bad && !strcmp(where, "fill")) for (; number > 0; number--) memset(malloc(1 << 20), 1, 1 << 20);
    if (!strcmp(where, "wrong") && batch.token) batch.token[batch.n - 1] = 300;
    return real(context, batch);
}
"""


def build(folder: Path) -> Path:
    """A folder of libraries to give as LLAMA_CPP_LIB_PATH; the test is skipped where nothing compiles C."""
    import llama_cpp.llama_cpp as low

    compiler = shutil.which("cc")
    if compiler is None or not low._lib._name.endswith(".so"):
        pytest.skip("the stand-in for llama.cpp wants a C compiler, and libraries that end in .so")
    real = Path(low._lib._name).resolve().parent
    folder.mkdir()
    for library in real.iterdir():
        if library.name != "libllama.so":
            (folder / library.name).symlink_to(library)
    source = folder / "stand_in.c"
    source.write_text(_SOURCE, encoding="utf-8")
    sizes = {
        "MODEL_PARAMS": ctypes.sizeof(low.llama_model_params),
        "CONTEXT_PARAMS": ctypes.sizeof(low.llama_context_params),
        "EXTRA": _offset(low.llama_model_params, "use_extra_bufts"),
        "FLASH": _offset(low.llama_context_params, "flash_attn_type"),
    }
    target = folder / "libllama.so"
    command = [compiler, "-shared", "-fPIC", "-O1", *(f"-D{name}={size}" for name, size in sizes.items())]
    command += [str(source), "-o", str(target), "-ldl", f"-L{real}", "-Wl,--no-as-needed", "-l:libllama.so"]
    subprocess.run([*command, f"-Wl,-rpath,{real}"], check=True, capture_output=True)
    return folder


def empty(folder: Path) -> None:
    """Put a library without functions in the place of llama.cpp's, as one of another version lacks some."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("the stand-in for llama.cpp wants a C compiler")
    for one in folder.glob("libllama.*"):
        one.unlink()
    source = folder / "empty.c"
    source.write_text("int nothing(void) { return 0; }", encoding="utf-8")
    subprocess.run([compiler, "-shared", "-fPIC", str(source), "-o", str(folder / "libllama.so")], check=True)


def _offset(kind: type[ctypes.Structure], field: str) -> int:
    return int(getattr(kind, field).offset)
