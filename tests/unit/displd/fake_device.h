/* SPDX-License-Identifier: GPL-2.0-only */
/* A device with a fake xenstore of a few values, and a clock that the test sets */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include "unit.h"

#include "daemon.h"
#include "guest.h"
#include "xenbus/device.h"

#define NONE (-1)

extern struct xd_daemon d;
/* the nodes' values; NONE: no such node */
extern int online, be_state, fe_state;
extern bool there, has_id, introduced, allowed, may_write, may_remove;
extern const char *error; /* of the guest's driver; NULL: none */
extern char states[512]; /* all that the backend was given */
extern unsigned int logged; /* errors */
extern unsigned int asked, connected, disconnected, removals, forgotten;
extern uint64_t now_ns, timer_ns;
extern uint64_t disconnect_ns; /* that the next one takes */
extern int connect_err, watch_err, watches;

/* A new device, as the toolstack makes it; and its end */
int attached(void **state);
int gone(void **state);
#define test(name) cmocka_unit_test_setup_teardown(name, attached, gone)

void report_change(void);
void set_frontend_state(int state);
/* Lets the device's timer fire, at its time */
void fire(void);
void connects_and_stays(void **state);

#endif
