#include "apps/report/table.h"

#include <doctest/doctest.h>

#include "tensor/error.h"

namespace hypersphere {
namespace {

TEST_CASE("to_markdown: padded columns, numbers to the right") {
  const Table table{{"net", "loss"}, {{"a", "1.25"}, {"longer", "-10"}, {"", ""}}};
  CHECK(to_markdown(table) ==
        "| net    | loss |\n"
        "| ------ | ---: |\n"
        "| a      | 1.25 |\n"
        "| longer |  -10 |\n"
        "|        |      |\n");
}

TEST_CASE("to_markdown: what Markdown gives a meaning to is escaped, letters of several bytes are one wide") {
  const Table table{{"a|b", "c"}, {{"1 ± 2", "x\ny"}, {"*_`\\<&", "ü"}}};
  CHECK(to_markdown(table) ==
        "| a\\|b         | c   |\n"
        "| ------------ | --- |\n"
        "| 1 ± 2        | x y |\n"
        "| \\*\\_\\`\\\\\\<\\& | ü   |\n");
}

TEST_CASE("to_markdown: a table without rows is its heading") {
  CHECK(to_markdown({{"x"}, {}}) == "| x   |\n| --- |\n");
}

TEST_CASE("to_csv: quotes where RFC 4180 wants them") {
  const Table table{{"plain", "with, comma"}, {{"say \"yes\"", "two\nlines"}, {"", "ü | *"}}};
  CHECK(to_csv(table) ==
        "plain,\"with, comma\"\n"
        "\"say \"\"yes\"\"\",\"two\nlines\"\n"
        ",ü | *\n");
}

TEST_CASE("tables: a row of another length than the heading is refused") {
  const Table table{{"a", "b"}, {{"1", "2"}, {"3"}}};
  CHECK_THROWS_WITH_AS(to_markdown(table), doctest::Contains("row 2 has 1 cells, the heading 2"), Error);
  CHECK_THROWS_WITH_AS(to_csv(table), doctest::Contains("row 2 has 1 cells, the heading 2"), Error);
}

}  // namespace
}  // namespace hypersphere
