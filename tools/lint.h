/* Included before every file that clang-tidy looks at: what it cannot see from one file, that making an error
 * always returns ST_ERR. Without it each TRY seems to go on after a failure. */
#ifndef TAVANA_TOOLS_LINT_H
#define TAVANA_TOOLS_LINT_H

#include "base/err.h"

#define err_set(...)   (err_set(__VA_ARGS__), ST_ERR)
#define err_vset(...)  (err_vset(__VA_ARGS__), ST_ERR)
#define err_oom(...)   (err_oom(__VA_ARGS__), ST_ERR)
#define err_errno(...) (err_errno(__VA_ARGS__), ST_ERR)

#endif
