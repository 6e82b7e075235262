"""Plants one violation at a time in a small clean tree: tools/tidy must report exactly that rule, and nothing when clean."""

import os
import tempfile

HEADER = "#pragma once\n\n// What it is.\n\n"
CLEAN = {
    "CMakeLists.txt": "posthaste_layer(base DIRS src/base)\nposthaste_layer(net DIRS src/net LINK x)\n",
    "README.md": "# Title\n\n[here](docs/page.md#a-heading) and [there](#title), see `src/base/a.h`\n",
    "docs/page.md": "## A heading\n",
    "src/base/a.h": HEADER + "#include <string>\n\nint f();\n",
    "src/base/a_test.cc": '#include "net/b.h"\n',
    "src/net/b.h": HEADER + '#include "base/a.h"\n',
    "src/net/system_clock.cc": "auto t = std::chrono::system_clock::now();\n",
    "src/net/awaits.cc": "Task<void> f() {\n    auto batch = Batch{x, y};\n    co_await g(std::move(batch), Duration{3});\n"
                         "    for (int i : {1, 2}) co_await h(i, [&] { return 1; });\n"
                         "    if (co_await k()) {\n        use(Batch{1});\n    }\n}\n",
}
LONG = "void f(int a) {\n" + "    g();\n" * 80 + "}\n"
MIDDLE = "void f(int a) {\n" + "    g();\n" * 50 + "}\n"

# (rule, path, content) — each replaces or adds one file.
PLANTED = [
    ("layers", "src/base/x.cc", '#include "net/b.h"\n'),
    ("layers", "src/domain/x.cc", "#include <boost/asio/io_context.hpp>\n"),
    ("layers", "src/domain/x.cc", "#include <thread>\n"),
    ("layers", "src/engine/x.cc", '#include "api/y.h"\n'),
    ("layers", "src/engine/x.cc", "#include <boost/asio/ip/tcp.hpp>\n"),
    ("layers", "src/api/x.cc", '#include "net/b.h"\n'),
    ("layers", "src/store/sqlite/x.cc", '#include "engine/engine.h"\n'),
    ("layers", "src/store/sqlite/x.cc", '#include "store/memory/y.h"\n'),
    ("layers", "sim/x.cc", '#include "net/b.h"\n'),
    ("layers", "src/net/x.cc", '#include "b.h"\n'),
    ("layers", "src/new_folder/x.cc", "int x;\n"),
    ("ports", "src/api/x.cc", "void f(SqliteStore& store);\n"),
    ("ban", "src/domain/x.cc", "auto t = std::chrono::system_clock::now();\n"),
    ("ban", "src/engine/x.cc", "auto t = std::chrono::steady_clock::now();\n"),
    ("ban", "src/engine/x.cc", "std::random_device r;\n"),
    ("ban", "src/engine/x.cc", "int r = std::rand();\n"),
    ("ban", "src/net/x.cc", "std::this_thread::sleep_for(1s);\n"),
    ("ban", "src/net/x_test.cc", "std::this_thread::sleep_for(1s);\n"),
    ("ban", "src/api/x.cc", "co_spawn(e, f(), asio::detached);\n"),
    ("ban", "src/net/x.cc", 'auto v = std::getenv("A");\n'),
    ("ban", "src/net/x.cc", "auto* p = new Thing(1);\n"),
    ("ban", "src/net/x.cc", "void* p = malloc(3);\n"),
    ("ban", "src/net/x.cc", "delete pointer;\n"),
    ("ban", "src/engine/x.cc", "std::cout << 1;\n"),
    ("leftover", "src/net/x.cc", "// FIX" "ME later\n"),
    ("leftover", "docs/page.md", "## A heading\n\nTO" "DO\n"),
    ("words", "docs/page.md", "## A heading\n\nthe seed API\n"),
    ("words", "src/net/x.cc", "// as seed 1 does\n"),
    ("header", "src/base/x.h", "// What it is.\nint f();\n"),
    ("header", "src/base/x.h", "#pragma once\n\nint f();\n"),
    ("header", "src/base/x.h", HEADER + "using namespace std;\n"),
    ("names", "src/net/x.cc", "namespace n {\nstruct Twice {\n};\nnamespace {\nstruct Twice {\n};\n}  // namespace\n"
                              "enum class Twice : int {\n};\n}  // namespace n\n"),
    ("size", "src/net/x.cc", "int x;\n" * 701),
    ("size", "src/net/x.cc", "int " + "x" * 100 + ";\n"),
    ("size", "src/net/x.cc", LONG),
    ("size", "src/net/x.cc", MIDDLE),  # repeated until the ratchet must notice
    ("await", "src/net/x.cc", "void f() { co_await g(Batch{x, y}); }\n"),
    ("await", "src/net/x.cc", "void f() {\n    auto r = co_await g(1,\n        std::string{x});\n}\n"),
    ("await", "src/net/x.cc", "void f() { co_await g([x] { return x; }); }\n"),
    ("await", "src/net/x.cc", "void f() { co_await g([p = std::move(p)] { use(p); }); }\n"),
    ("await", "src/net/x.cc", "void f() { co_await g({1, 2}); }\n"),
    ("await", "src/net/x.cc", "void f() { auto r = h(Batch{1}, co_await g()); }\n"),
    ("await", "src/net/x.cc", "void f() { auto r = Batch{1, co_await g()}; }\n"),
    ("await", "src/net/x.cc", "void f() { if (co_await g(Batch{1})) { x(); } }\n"),
    ("docs", "README.md", "[gone](docs/gone.md)\n"),
    ("docs", "README.md", "[gone](docs/page.md#no-such-heading)\n"),
    ("docs", "README.md", "see `src/base/gone.h`\n"),
    ("tests", "src/other/x_test.cc", "int x;\n"),
    ("tests", "tests/x_test.cc", "int x;\n"),
]


def write(root, files):
    for path, content in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(content)


def run(check, long_functions_max):
    failures = 0
    cases = [(None, None, None)] + PLANTED
    for rule, path, content in cases:
        with tempfile.TemporaryDirectory() as root:
            write(root, CLEAN)
            if path:
                write(root, {path: content * (long_functions_max + 1) if content == MIDDLE else content})
            found = check(root)
        if rule is None and found:
            failures += 1
            print("self-test: the clean tree has violations:", *found, sep="\n  ")
        if rule and {violation.rule for violation in found} != {rule}:
            failures += 1
            print(f"self-test: {path} should violate [{rule}] only, found:", *(found or ["nothing"]), repr(content[:80]), sep="\n  ")
    print(f"tidy self-test: {len(cases)} trees, {failures} failures")
    return 1 if failures else 0
