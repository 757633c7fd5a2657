/* SPDX-License-Identifier: GPL-2.0-only */
/* Daemons of several domains in one process: with a xenstore in memory (fake-store.h),
 * rings in memory instead of grants, and real workers.
 */
#ifndef HOSTS_H
#define HOSTS_H

#include "daemon.h"
#include "peer.h"

#define HOSTS 3
#define HOST_PATIENCE (20 * XDC_NS_PER_S)

struct host {
	struct xch_daemon d;
	uint16_t domid;
	bool up;
	struct xdc_work stop;
	char config[128], control[128];
};

extern struct host hosts[HOSTS];
/* a place for sockets */
extern char hosts_folder[64];

/* How often rings were made and bound, and why it fails, unless 0 */
extern unsigned int hosts_offers, hosts_binds;
extern int hosts_transport_error;
/* ns that programs wait for the first link of a host that starts next */
extern uint64_t hosts_link_patience;
/* ns that workers of a host that starts next may be silent */
extern uint64_t hosts_worker_patience;

/** hosts_begin, hosts_end - for each test: an empty xenstore */
int hosts_begin(void **state);
int hosts_end(void **state);

/** host_start - a daemon of the domain, whose home is in xenstore already */
void host_start(struct host *h, uint16_t domid, const char *config);
void host_stop(struct host *h);
/** host_kill - as if the daemon was killed: what it has written stays */
void host_kill(struct host *h);
void host_reload(struct host *h, const char *config);
/** hosts_turn - a turn of each one's loop */
void hosts_turn(void);
/** host_run_alone - a few turns of one; what its loop has failed with, or 0 */
int host_run_alone(struct host *h);
/** host_peer - the host's peer; NULL: it has none of that id */
struct xch_peer *host_peer(const struct host *h, uint16_t domid);
bool host_linked(const struct host *h, uint16_t domid);

/** host_ask - a request at the host's control socket, which is returned */
int host_ask(const struct host *h, const char *request);
/** host_expect_answer - the descriptor that comes with @text, or -1 */
int host_expect_answer(int fd, const char *text);
/** host_read - the file that answers @request, until the next call */
char *host_read(const struct host *h, const char *request);
bool host_readable(int fd);
/** host_expect_text - that comes, and nothing else */
void host_expect_text(int fd, const char *text);
/** host_expect_echo - that comes back as it was sent */
void host_expect_echo(int fd, const char *text);
/** host_expect_end - the other end closes, and so does this one */
void host_expect_end(int fd);

/* Turns until @condition is true; fails the test if that takes too long */
#define hosts_wait(condition)                                          \
	do {                                                           \
		uint64_t begun = xdc_now();                            \
                                                                       \
		while (!(condition)) {                                 \
			if (xdc_now() - begun > HOST_PATIENCE)         \
				fail_msg("%d: not true: %s", __LINE__, \
					 #condition);                  \
			hosts_turn();                                  \
		}                                                      \
	} while (0)
/* Turns for so many ms */
#define hosts_run_for(ms)                                          \
	do {                                                       \
		uint64_t until = xdc_now() + XDC_NS_PER_MS * (ms); \
                                                                   \
		while (xdc_now() < until)                          \
			hosts_turn();                              \
	} while (0)

#endif
