#include "apps/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "apps/environment.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

// A command without commands of its own, and what leads to it: "bench gemm".
struct Command {
  std::string name;
  const CLI::App* app;
};

std::vector<Command> commands_of(const CLI::App& app, const std::string& before = "") {
  std::vector<Command> commands;
  for (const CLI::App* sub : app.get_subcommands({})) {
    const std::string name = before + sub->get_name();
    const std::vector<Command> below = commands_of(*sub, name + " ");
    if (below.empty()) commands.push_back({name, sub});
    commands.insert(commands.end(), below.begin(), below.end());
  }
  return commands;
}

std::vector<const CLI::Option*> named_options(const CLI::App& app) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : app.get_options({}))
    if (!option->get_lnames().empty()) options.push_back(option);
  return options;
}

std::string long_name(const CLI::Option& option) { return fmt::format("--{}", option.get_lnames().front()); }

// The words that an option takes, separated by spaces, from what CLI11 says of its type: "TEXT:{auto,cpu,cuda}".
std::string words_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open == type.npos || close == type.npos) return "";
  std::string words = type.substr(open + 1, close - open - 1);
  for (char& c : words)
    if (c == ',') c = ' ';
  return words;
}

// "train ... bench": the first words of all commands, each once; and "gemm layers ..." behind one of them.
std::string words_behind(const std::vector<Command>& commands, const std::string& first) {
  std::string words, last;
  for (const Command& command : commands) {
    std::string_view rest = command.name;
    if (!first.empty()) {
      if (!rest.starts_with(first + " ")) continue;
      rest.remove_prefix(first.size() + 1);
    }
    const std::string word(rest.substr(0, rest.find(' ')));
    if (word != last) words += words.empty() ? word : fmt::format(" {}", word);
    last = word;
  }
  return words;
}

std::string bash_script(const CLI::App& app) {
  const std::vector<Command> commands = commands_of(app);
  std::string nested, options, values;
  for (const CLI::App* sub : app.get_subcommands({}))
    if (!sub->get_subcommands({}).empty())
      nested += fmt::format(
          "    {0})\n      if [ \"$COMP_CWORD\" -eq 2 ]; then\n        COMPREPLY=($(compgen -W '{1}' -- "
          "\"$current\"))\n        return\n      fi\n"
          "      command=\"{0} ${{COMP_WORDS[2]}}\"\n      ;;\n",
          sub->get_name(), words_behind(commands, sub->get_name()));
  for (const Command& command : commands) {
    std::string names;
    for (const CLI::Option* option : named_options(*command.app)) {
      if (!names.empty()) names += ' ';
      names += long_name(*option);
      if (const std::string words = words_of(*option); !words.empty())
        values += fmt::format("    '{} {}') words='{}' ;;\n", command.name, long_name(*option), words);
    }
    // The first word that stands without an option's name, right behind the command.
    for (const CLI::Option* option : command.app->get_options({}))
      if (const std::string words = words_of(*option); option->get_lnames().empty() && !words.empty())
        values += fmt::format("    '{} {}') words='{}' ;;\n", command.name, command.app->get_name(), words);
    options += fmt::format("    '{}') words='{}' ;;\n", command.name, names);
  }
  return fmt::format(
      "_hypersphere() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} "
      "command=${{COMP_WORDS[1]}} words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '{}' -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n{}  esac\n"
      "  case \"$command $previous\" in\n{}  esac\n"
      "  if [ -z \"$words\" ] && [[ $current == -* ]]; then\n"
      "    case $command in\n{}    esac\n"
      "  fi\n"
      "  if [ -n \"$words\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _hypersphere hypersphere\n",
      words_behind(commands, ""), nested, values, options);
}

std::string in_single_quotes(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return quoted + "'";
}

std::string fish_script(const CLI::App& app) {
  std::string script;
  const std::function<void(const CLI::App&, const std::string&)> add = [&](const CLI::App& parent,
                                                                           const std::string& condition) {
    for (const CLI::App* sub : parent.get_subcommands({})) {
      script += fmt::format("complete -c hypersphere -n {} -f -a {} -d {}\n", in_single_quotes(condition),
                            sub->get_name(), in_single_quotes(sub->get_description()));
      const std::string here = "__fish_seen_subcommand_from " + sub->get_name();
      for (const CLI::Option* option : named_options(*sub)) {
        const std::string words = words_of(*option);
        const bool takes_value = option->get_expected_min() > 0;
        script += fmt::format("complete -c hypersphere -n {} -l {}{}{} -d {}\n", in_single_quotes(here),
                              option->get_lnames().front(), takes_value ? " -r" : "",
                              words.empty() ? "" : " -f -a " + in_single_quotes(words),
                              in_single_quotes(option->get_description()));
      }
      add(*sub, here);
    }
  };
  add(app, "__fish_use_subcommand");
  return script;
}

// Text for man(7): no letter of it is a command.
std::string roff(const std::string& text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line_start = i == 0 || text[i - 1] == '\n';
    if (line_start && (text[i] == '.' || text[i] == '\'')) safe += "\\&";
    if (text[i] == '\\')
      safe += "\\e";
    else if (text[i] == '-')
      safe += "\\-";
    else
      safe += text[i];
  }
  return safe;
}

std::string manual_option(const CLI::Option& option) {
  std::string type = option.get_expected_min() > 0 ? option.get_type_name() : "";
  const std::size_t colon = type.find(':');
  if (colon != type.npos) type = type.substr(colon + 1);  // the set or the range
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) text += fmt::format(" (default: {})", option.get_default_str());
  if (option.get_required()) text += " (required)";
  const std::string name = option.get_lnames().empty() ? option.get_name(true) : long_name(option);
  return fmt::format(".TP\n\\fB{}\\fR \\fI{}\\fR\n{}\n", roff(name), roff(type), roff(text));
}

std::string manual_command(const Command& command) {
  std::string page = fmt::format(".SS {}\n{}\n", roff(command.name), roff(command.app->get_description()));
  std::vector<std::string> groups;
  for (const CLI::Option* option : command.app->get_options({}))
    if (std::find(groups.begin(), groups.end(), option->get_group()) == groups.end())
      groups.push_back(option->get_group());
  for (const std::string& group : groups) {
    if (group.empty()) continue;
    page += fmt::format(".PP\n\\fI{}\\fR\n", roff(group));
    for (const CLI::Option* option : command.app->get_options({}))
      if (option->get_group() == group && !option->check_name("--help")) page += manual_option(*option);
  }
  if (!command.app->get_footer().empty()) page += ".PP\n.nf\n" + roff(command.app->get_footer()) + "\n.fi\n";
  return page;
}

std::string manual_environment() {
  std::string text = ".SH ENVIRONMENT\n";
  for (const EnvironmentVariable& variable : environment_variables())
    text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", variable.name, roff(variable.meaning));
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") return bash_script(app);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(app);
  if (shell == "fish") return fish_script(app);
  fail("completion: expected bash, zsh or fish, found '{}'", shell);
}

std::string manual_page(const CLI::App& app) {
  std::string page = fmt::format(
      ".TH HYPERSPHERE 1 \"\" \"hypersphere {}\" \"User Commands\"\n.ad l\n.nh\n.SH NAME\nhypersphere \\- "
      "train and use "
      "SphereFace networks\n"
      ".SH SYNOPSIS\n\\fBhypersphere\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n{}\n.SH "
      "COMMANDS\n",
      HYPERSPHERE_VERSION, roff(app.get_description()));
  for (const Command& command : commands_of(app)) page += manual_command(command);
  return page + manual_environment() + fmt::format(".SH EXIT STATUS\n{}.\n", roff(exit_statuses));
}

}  // namespace hypersphere
