#include "store/sqlite/sqlite_writer.h"

namespace posthaste {}
