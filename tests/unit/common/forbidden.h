/* SPDX-License-Identifier: GPL-2.0-only */
/* What no sandbox allows: each attempt must end the process with SIGSYS */
#ifndef FORBIDDEN_H
#define FORBIDDEN_H

#include <stddef.h>

/** forbidden_prepare - call it outside of the sandbox */
void forbidden_prepare(void);
/** forbidden_attempt - of a number, or NULL behind the last */
void (*forbidden_attempt(size_t number))(void);

#endif
