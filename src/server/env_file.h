#pragma once

// A file of environment variables (".env"), for deployments that keep their settings in one:
//
//   # a comment
//   WEBHOOK_SECRET=supersecret123        # another one, behind a blank
//   export NAME='as it is'               # between single quotes nothing is special
//   NAME="a \"text\"\nwith escapes"      # \\ \" \$ \n \r \t
//
// Strict: a line that is none of these is an error, and so are a name that is set twice and ${…}, which other readers would
// expand. Names that no setting has are ignored, because such files are shared with other programs.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/config.h"

namespace posthaste {

using Variables = std::map<std::string, std::string>;

// `file` is what errors call the text.
[[nodiscard]] Result<Variables> parse_env_file(std::string_view text, const std::string& file);

// `environment`, and behind it what the file says: a variable of the process goes before. An empty path adds nothing, and an
// empty value counts as not set.
[[nodiscard]] Result<Environment> with_env_file(Environment environment, const std::string& path);

}  // namespace posthaste
