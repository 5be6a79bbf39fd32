#include "apps/report/progress.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "tests/apps/report/temporary_folder.h"

namespace hypersphere {
namespace {

// A clock and a stream in the test's hands.
struct Stage {
  std::ostringstream stream;
  double now = 100;
  int width = 80;

  ProgressOutput output(bool terminal) {
    return {.stream = &stream,
            .terminal = terminal,
            .clock = [this] { return now; },
            .columns = [this] { return width; },
            .plain_interval = 10,
            .redraw_interval = 0.1};
  }
  std::string take() {
    std::string text = stream.str();
    stream.str("");
    return text;
  }
};

TEST_CASE("Progress elsewhere than on a terminal: a line every ten seconds and one at the end") {
  Stage stage;
  Progress progress("train", 200, stage.output(false));
  for (int second = 1; second <= 25; ++second) {
    stage.now = 100 + second;
    progress.update(second * 2, 51.24, "loss 3.21");
  }
  CHECK(stage.take() ==
        "train  10 %  51.2 images/s  loss 3.21  1 min 30 s left\n"
        "train  20 %  51.2 images/s  loss 3.21  1 min 20 s left\n");
  stage.now = 200;
  progress.finish();
  CHECK(stage.take() == "train  25 %  51.2 images/s  loss 3.21  in 1 min 40 s\n");
  progress.update(200, 1);
  progress.finish();
  CHECK(stage.take().empty());
}

TEST_CASE("Progress: a short job leaves one line") {
  Stage stage;
  {
    Progress progress("verify", 3, stage.output(false));
    for (int i = 1; i <= 3; ++i) progress.update(i, 12345.6);
    stage.now += 2;
    progress.finish();
  }
  CHECK(stage.take() == "verify 100 %  12.3k images/s  in 2 s\n");
}

TEST_CASE("Progress: minutes as units, a resumed job, an unknown total, a clock that stands still") {
  Stage stage;
  Progress minutes("train", 40, stage.output(false));
  stage.now += 600;
  minutes.update(10, 0);
  CHECK(stage.take() == "train  25 %  30 min 00 s left\n");

  Progress resumed("train", 1000, stage.output(false), 900);
  stage.now += 20;
  resumed.update(950, 0);
  CHECK(stage.take() == "train  95 %  20 s left\n");

  Progress unknown("decode", 0, stage.output(false));
  stage.now += 10;
  unknown.update(5, 7, "5 files");
  CHECK(stage.take() == "decode  7.0 images/s  5 files\n");

  Progress still("x", 10, stage.output(true));
  still.update(1, 0);
  CHECK(stage.take().find("left") == std::string::npos);
}

TEST_CASE("Progress on a terminal: one line, redrawn in place at most ten times a second, ended by finish") {
  Stage stage;
  Progress progress("train", 100, stage.output(true));
  progress.update(0, 0);
  const std::string first = stage.take();
  CHECK(first.substr(0, 13) == "\rtrain   0 % ");
  CHECK(first.substr(first.size() - 3) == "\033[K");
  for (int i = 1; i <= 50; ++i) {
    stage.now = 100 + i * 0.0101;
    progress.update(i, 99.96, "loss");
  }
  const std::string drawn = stage.take();
  CHECK(test::count(drawn, "\r") == 5);
  CHECK(test::count(drawn, "\n") == 0);
  CHECK(drawn.find("train  50 % [===") != std::string::npos);
  CHECK(drawn.find("]  100 images/s  loss  1 s left\033[K") != std::string::npos);

  progress.print("epoch 1 done");
  const std::string printed = stage.take();
  CHECK(printed.find("\r\033[Kepoch 1 done\n\rtrain  50 %") == 0);

  stage.now = 161;
  progress.update(100, 10);
  progress.finish();
  const std::string last = stage.take();
  CHECK(last.substr(last.size() - 19) == "  in 1 min 01 s\033[K\n");
  CHECK(test::count(last, "\n") == 1);
}

TEST_CASE("Progress on a terminal never wraps, at any width, and puts line breaks out of the text") {
  for (int width = 1; width <= 140; ++width) {
    Stage stage;
    stage.width = width;
    Progress progress("epoch \u03bb", 100, stage.output(true));
    stage.now += 5;
    progress.update(40, 123, "loss 1.25\nline \u03bb\u03bb\u03bb");
    std::string drawn = stage.take();
    CHECK(drawn.find('\n') == std::string::npos);
    CHECK(drawn[0] == '\r');
    CHECK(drawn.substr(drawn.size() - 3) == "\033[K");
    const auto letters =
        std::count_if(drawn.begin() + 1, drawn.end() - 3, [](char c) { return (c & 0xC0) != 0x80; });
    CHECK(letters <= std::max(width - 1, 1));
    CHECK((static_cast<unsigned char>(drawn[drawn.size() - 4]) < 0x80 || drawn[drawn.size() - 4] == '\xbb'));
    if (width == 100) CHECK(drawn.find("[" + std::string(15, '=') + ">") != std::string::npos);
  }
}

TEST_CASE("Progress: an abandoned line is ended, so that an error message starts on its own") {
  Stage stage;
  {
    Progress progress("train", 10, stage.output(true));
    progress.update(1, 1);
    stage.take();
  }
  CHECK(stage.take() == "\n");
  { const Progress untouched("train", 10, stage.output(true)); }
  CHECK(stage.take().empty());
}

TEST_CASE("format_duration") {
  CHECK(format_duration(-1) == "0 s");
  CHECK(format_duration(59.4) == "59 s");
  CHECK(format_duration(59.6) == "1 min 00 s");
  CHECK(format_duration(185) == "3 min 05 s");
  CHECK(format_duration(2 * 3600 + 7 * 60 + 59) == "2 h 07 min");
  CHECK(format_duration(3 * 86400 + 4 * 3600) == "3 d 04 h");
}

}  // namespace
}  // namespace hypersphere
