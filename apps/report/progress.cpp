#include "apps/report/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "apps/report/console.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr std::string_view clear_to_end = "\033[K";  // ECMA-48 "erase in line"

// Terminals count letters, not bytes: the bytes of UTF-8 that continue a letter take no column.
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string_view cut(std::string_view text, int columns) {
  std::size_t end = 0;
  for (int used = 0; end < text.size(); ++end)
    if (!continues(text[end]) && used++ == columns) break;
  return text.substr(0, columns > 0 ? end : 0);
}

// A line break inside the line would leave its upper part standing at each redraw.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return line;
}

std::string bar(double share, int columns) {
  const int inside = columns - 2, full = static_cast<int>(share * inside);
  std::string text = "[" + std::string(static_cast<std::size_t>(full), '=');
  if (full < inside) text += '>' + std::string(static_cast<std::size_t>(inside - full - 1), ' ');
  return text + "]";
}

std::string format_rate(double per_second) {
  if (per_second >= 99'950) return fmt::format("{:.0f}k images/s", per_second / 1000);
  if (per_second >= 9'995) return fmt::format("{:.1f}k images/s", per_second / 1000);
  return fmt::format("{:.{}f} images/s", per_second, per_second < 99.95 ? 1 : 0);
}

}  // namespace

std::string format_duration(double seconds) {
  const auto total = static_cast<long long>(std::llround(std::clamp(seconds, 0.0, 1e12)));
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  if (total < 86400) return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
  return fmt::format("{} d {:02} h", total / 86400, total / 3600 % 24);
}

ProgressOutput ProgressOutput::standard_error(double plain_interval) {
  ProgressOutput output;
  output.silent = quiet();
  const char* term = std::getenv("TERM");
  output.terminal = ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
  output.columns = [] {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? static_cast<int>(size.ws_col)
                                                                             : 80;
  };
  output.plain_interval = plain_interval;
  return output;
}

Progress::Progress(const std::string& title, double total, ProgressOutput output, double done)
    : title_(one_line(title)), total_(total), start_done_(done), done_(done), output_(std::move(output)) {
  if (!output_.stream) output_.stream = &std::cerr;
  if (!output_.clock)
    output_.clock = [] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    };
  if (!output_.columns) output_.columns = [] { return 80; };
  start_ = drawn_ = output_.clock();
}

Progress::~Progress() {
  if (standing_) *output_.stream << '\n' << std::flush;
}

void Progress::update(double done, double items_per_second, std::string_view text) {
  if (finished_) return;
  done_ = done;
  rate_ = items_per_second;
  text_ = one_line(text);
  const double now = output_.clock();
  // On a terminal the first update shows at once; a log file's first line waits, so that short jobs leave one
  // only.
  const bool first = !updated_ && output_.terminal;
  updated_ = true;
  if (!first && now - drawn_ < (output_.terminal ? output_.redraw_interval : output_.plain_interval)) return;
  drawn_ = now;
  draw(false);
}

void Progress::print(std::string_view line) {
  if (standing_) *output_.stream << '\r' << clear_to_end;
  *output_.stream << line << '\n' << std::flush;
  if (standing_) draw(false);
}

void Progress::finish() {
  if (std::exchange(finished_, true)) return;
  if (updated_) draw(true);
  if (std::exchange(standing_, false)) *output_.stream << '\n' << std::flush;
}

// Pieces from most to least important: title, percentage, time, rate; text and bar share what is left.
std::string Progress::line(int columns, bool last) const {
  const double elapsed = output_.clock() - start_;
  const bool known = total_ > 0;
  const double share = known ? std::clamp(done_ / total_, 0.0, 1.0) : 0;

  std::string tail;
  if (rate_ > 0) tail += "  " + format_rate(rate_);
  if (!text_.empty()) tail += "  " + text_;
  std::string time;
  if (last) {
    time = "  in " + format_duration(elapsed);
  } else if (known && done_ > start_done_ && elapsed > 0) {
    time = "  " + format_duration((total_ - done_) * elapsed / (done_ - start_done_)) + " left";
  }

  std::string head = title_;
  if (known) head += fmt::format(" {:3.0f} %", std::floor(share * 100));
  if (!output_.terminal) return head + tail + time;

  int room = columns - columns_of(head) - columns_of(time);
  if (room < 0) return std::string(cut(head + time, columns));
  const std::string_view shown_tail = cut(tail, room);
  room -= columns_of(shown_tail);
  constexpr int narrowest = 10, widest = 40;
  std::string drawn_bar;
  if (known && room > narrowest) drawn_bar = " " + bar(share, std::min(room - 1, widest));
  return head + drawn_bar + std::string(shown_tail) + time;
}

void Progress::draw(bool last) {
  if (output_.silent) return;
  if (output_.terminal) {
    // One column stays free: many terminals wrap as soon as the last one is written. Writing over the old
    // line and then clearing what is left of it, in one piece, does not flicker.
    const int columns = std::max(output_.columns() - 1, 1);
    *output_.stream << fmt::format("\r{}{}", line(columns, last), clear_to_end) << std::flush;
    standing_ = true;
  } else {
    *output_.stream << line(0, last) + '\n' << std::flush;
  }
}

}  // namespace hypersphere
