/* SPDX-License-Identifier: GPL-2.0-only */
/* accept4() of a test that is linked with -Wl,--wrap=accept4 */
#ifndef FAKE_ACCEPT_H
#define FAKE_ACCEPT_H

extern int fake_accept_errno; /* how it fails; 0: not at all */
extern unsigned int fake_accepts; /* calls */

#endif
