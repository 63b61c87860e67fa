# SPDX-License-Identifier: Apache-2.0
"""The checks find what they are for: each gets a small tree with one offence, and the same tree without it."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class Checks(unittest.TestCase):
    def outcome(self, check, files):
        """(status, what the check printed) of a tree that holds these files."""
        with tempfile.TemporaryDirectory() as top:
            for name, text in files.items():
                path = pathlib.Path(top, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            done = subprocess.run([sys.executable, HERE / check, top], stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    def expect(self, check, files, offence):
        status, said = self.outcome(check, files)
        self.assertEqual(status, 1, said)
        self.assertIn(offence, said)

    def expect_pass(self, check, files):
        status, said = self.outcome(check, files)
        self.assertEqual(status, 0, said)

    def test_an_include_of_a_higher_folder_is_named_with_its_line(self):
        tree = {"base/a.h": "\n#include \"data/b.h\"\n", "data/b.h": ""}
        self.expect("check_layers", tree, "base/a.h:2: base includes upward (data/b.h)")

    def test_export_and_trainer_ignore_each_other(self):
        tree = {"export/a.cc": "#include \"trainer/b.h\"\n", "trainer/b.h": ""}
        self.expect("check_layers", tree, "export/a.cc:1: export includes sideways (trainer/b.h)")

    def test_an_include_beside_the_file_is_not_from_the_root(self):
        self.expect("check_layers", {"data/a.cc": "#include \"b.h\"\n", "data/b.h": ""}, "from the repository root")

    def test_the_heavy_header_of_libtorch_and_mpi_outside_launch_are_refused(self):
        self.expect("check_layers", {"models/a.cc": "#include <torch/torch.h>\n"}, "narrow headers")
        self.expect("check_layers", {"trainer/a.cc": "#include <mpi.h>\n"}, "only launch does")
        self.expect("check_layers", {"losses/a.cu": "#include <ATen/core/Tensor.h>\n"}, "no torch header")

    def test_downward_includes_and_those_of_tests_stand(self):
        self.expect_pass("check_layers", {
            "launch/a.cc": "#include <mpi.h>\n\n#include \"base/b.h\"\n#include \"launch/c.h\"\n", "base/b.h": "",
            "launch/c.h": "", "tests/base/d.cc": "#include \"launch/c.h\"\n"})

    def test_a_function_is_counted_from_its_declaration_to_its_brace(self):
        source = """namespace weft {
// A brace { in a comment, "another {" and '{' do not count.
template <class T>
int plain(T a,
          T b) {
  auto inner = [&](int x) { return x + 1'000; };
  if (a) { b(); }
  return inner(R"x( } )x"[0]);
}
struct Shape : Base {
  explicit Shape(int n)
      : Base(n), sides_{n}, names_{{"a", 1}} {
    grow();
  }
  int sides() const noexcept override { return sides_; }
  bool operator()(int n) { return n; }
  int sides_ = 0;
};
const std::map<int, int> kTable = {{1, 2},
                                   {3, 4}};
auto late(int n) -> std::vector<int> {
  return {n};
}
#define TWICE(x) { x; \\
                   x; }
enum class Kind { one, two };
}  // namespace weft
TEST(Suite, Name) {
}
"""
        self.assertEqual(load("check_sizes").functions(source), [
            ("plain", 3, 7), ("Shape", 11, 4), ("sides", 15, 1), ("operator()", 16, 1), ("late", 21, 3), ("TEST", 28, 2)])

    def test_a_function_and_a_file_beyond_the_cap_are_named(self):
        body = "  f();\n"
        self.expect("check_sizes", {"base/a.cc": "void g() {\n" + 99 * body + "}\n"}, "base/a.cc:1: g has 101 lines")
        self.expect("check_sizes", {"base/a.cc": 601 * "\n"}, "base/a.cc: 601 lines; the cap is 600")

    def test_p95_is_the_smallest_value_that_covers_95_of_a_hundred(self):
        tree = load("check_tree.py")
        self.assertEqual(tree.percentile(range(1, 101), .95), 95)
        self.assertEqual(tree.percentile([7], .95), 7)

    def test_a_skip_needs_its_reason(self):
        tree = {"tests/a_test.cc": "TEST(Gpu, Adds) {\n  if (!has_gpu()) GTEST_SKIP();\n}\n",
                "tests/CMakeLists.txt": "weft_test(a SOURCES a_test.cc)\n"}
        self.expect("check_skips", tree, "tests/a_test.cc:2: Gpu.Adds is skipped")
        self.expect("check_skips", {**tree, "tests/allowed_skips.txt": "Gpu.Adds\n"}, "does not say why")
        self.expect_pass("check_skips", {**tree, "tests/allowed_skips.txt": "Gpu.Adds  needs a GPU\n"})

    def test_a_reason_without_a_skip_is_stale(self):
        self.expect("check_skips", {"tests/allowed_skips.txt": "Gpu.Adds  needs a GPU\n"}, "Gpu.Adds is not skipped")

    def test_a_disabled_test_and_one_that_is_not_built_are_skips(self):
        built = {"tests/CMakeLists.txt": "weft_test(a SOURCES a_test.cc)\n"}
        self.expect("check_skips", {**built, "tests/a_test.cc": "TEST(A, DISABLED_B) {}\n"}, "A.DISABLED_B is skipped")
        self.expect("check_skips", {"tests/a_test.cc": "TEST(A, B) {}\n"}, "tests/a_test.cc is skipped")
        globbed = {"tests/CMakeLists.txt": "file(GLOB all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)\n"}
        self.expect_pass("check_skips", {**globbed, "tests/a_test.cc": "TEST(A, B) {}\n"})
        self.expect("check_skips", {**globbed, "tests/b/a_test.cc": "TEST(A, B) {}\n"}, "tests/b/a_test.cc is skipped")


if __name__ == "__main__":
    unittest.main()
