// How far a long job is: one redrawn line on a terminal, a plain line now and then elsewhere.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace hypersphere {

/// Where progress goes. The defaults are standard error and the steady clock; tests put in their own.
struct ProgressOutput {
  std::ostream* stream = nullptr;   ///< std::cerr where null
  bool silent = false;              ///< nothing at all
  bool terminal = false;            ///< redraw one line, with escape sequences
  std::function<double()> clock{};  ///< seconds from any start; the steady clock where empty
  std::function<int()> columns{};   ///< width of the terminal; 80 where empty
  double plain_interval = 10;       ///< seconds between plain lines, where not a terminal
  double redraw_interval = 0.1;     ///< seconds between redrawn lines, on a terminal

  /// Standard error, a terminal where it is one (and TERM is not "dumb"), its width asked for at each redraw.
  static ProgressOutput standard_error(double plain_interval = 10);
};

/// The progress of one job: bar, percentage, images a second, a text of the caller's, time left. The line
/// never wraps: it gives up the bar, then the end of the text. Not thread-safe.
class Progress {
 public:
  /// `total` is in the caller's units: images, iterations, or minutes for a job bounded by time. 0 or less
  /// means unknown: no bar, percentage or time left. A job that is resumed begins at `done`; time left is
  /// judged from what was done since then.
  Progress(const std::string& title, double total, ProgressOutput output = ProgressOutput::standard_error(),
           double done = 0);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Ends the line without a last update where finish() was not reached: an error message starts on its own
  /// line.
  ~Progress();

  /// `done` units of the total; `items_per_second` is shown as images/s unless it is 0 or less. Cheap to call
  /// often.
  void update(double done, double items_per_second, std::string_view text = {});
  /// Prints `line` as a line of its own, above the bar on a terminal.
  void print(std::string_view line);
  /// Draws the last update with the time it took instead of the time left, and ends the line. Later calls do
  /// nothing.
  void finish();

 private:
  std::string line(int columns, bool last) const;
  void draw(bool last);

  std::string title_, text_;
  double total_, start_done_, done_, rate_ = 0;
  ProgressOutput output_;
  double start_, drawn_;   // clock at the construction and at the last line
  bool standing_ = false;  // a line is standing on the terminal, not ended yet
  bool updated_ = false, finished_ = false;
};

/// "48 s", "3 min 05 s", "2 h 07 min", "3 d 04 h".
std::string format_duration(double seconds);

}  // namespace hypersphere
