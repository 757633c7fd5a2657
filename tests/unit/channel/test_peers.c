// SPDX-License-Identifier: GPL-2.0-only
/* How daemons find each other, link, and lose each other */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-store.h"
#include "hosts.h"
#include "peers.h"

#define WORK (&hosts[0])
#define GUI (&hosts[1])
#define DOM0 (&hosts[2])

/* What the two have to say for a link */
static const char offers_to_gui[] = "[service a]\n"
				    "from = 7\n"
				    "exec = /bin/cat\n";
static const char uses_work[] = "[use a]\n"
				"peer = 3\n"
				"user = *\n";

static void link_both(void)
{
	host_start(WORK, 3, offers_to_gui);
	host_start(GUI, 7, uses_work);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

static void two_domains_link(void **state)
{
	link_both();
	assert_int_equal(host_peer(WORK, 7)->role, XCH_SERVER);
	assert_int_equal(host_peer(GUI, 3)->role, XCH_CLIENT);
	assert_int_equal(hosts_offers, 1);
	assert_int_equal(hosts_binds, 1);
}

static void order_of_starts_does_not_matter(void **state)
{
	host_start(GUI, 7, uses_work);
	hosts_run_for(50);
	assert_int_equal(host_peer(GUI, 3)->state, XCH_PEER_WAITING);
	host_start(WORK, 3, offers_to_gui);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

static void no_link_unless_both_want_it(void **state)
{
	host_start(WORK, 3, offers_to_gui);
	host_start(GUI, 7, "");
	hosts_run_for(300);
	assert_null(host_peer(GUI, 3));
	assert_int_equal(host_peer(WORK, 7)->state, XCH_PEER_WAITING);
	assert_int_equal(hosts_offers, 0);
}

static void nothing_is_written_for_others(void **state)
{
	link_both();
	assert_true(store_may_read(
		7, "/local/domain/3/data/xen-channel/7/ring-refs"));
	assert_false(store_may_read(
		9, "/local/domain/3/data/xen-channel/7/ring-refs"));
	assert_null(store_get("/local/domain/3/data/xen-channel/0"));
}

static void end_of_a_daemon_is_seen_and_its_return(void **state)
{
	link_both();
	host_stop(GUI);
	hosts_wait(host_peer(WORK, 7)->state == XCH_PEER_WAITING);
	assert_null(store_get("/local/domain/7/data/xen-channel"));
	host_start(GUI, 7, uses_work);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
	assert_int_equal(host_peer(WORK, 7)->links, 2);
}

/* Each look takes requests of xenstored's */
static void who_writes_on_and_on_is_looked_at_less(void **state)
{
	struct xch_peer *p;
	uint64_t pause;

	link_both();
	p = host_peer(WORK, 7);
	pause = p->pause;
	while (p->pause == pause) {
		xch_peer_tell(p);
		hosts_turn();
	}
	assert_true(p->busy > 10);
	assert_true(p->pause > pause);
	/* and as soon as before once it has been quiet */
	p->looked -= 10 * XDC_NS_PER_S;
	xch_peer_tell(p);
	hosts_wait(!p->busy);
	assert_int_equal(p->pause, pause);
	assert_true(host_linked(WORK, 7));
}

/* What the client left in xenstore must not be taken for one that lives */
static void killed_client_returns(void **state)
{
	link_both();
	host_kill(GUI);
	assert_non_null(store_get("/local/domain/7/data/xen-channel/3"));
	hosts_wait(host_peer(WORK, 7)->state != XCH_PEER_LINKED);
	host_start(GUI, 7, uses_work);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

static void killed_server_returns(void **state)
{
	link_both();
	host_kill(WORK);
	hosts_wait(host_peer(GUI, 3)->state == XCH_PEER_WAITING);
	/* the ring that is still offered was used */
	hosts_run_for(200);
	assert_int_equal(hosts_binds, 1);
	host_start(WORK, 3, offers_to_gui);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

static void lost_worker_is_replaced(void **state)
{
	struct xch_peer *p;

	link_both();
	p = host_peer(GUI, 3);
	kill(xch_child_pid(p->process.child), SIGTERM);
	hosts_wait(p->state != XCH_PEER_LINKED);
	assert_non_null(strstr(p->why, "its worker has died"));
	/* in memory no kernel tells the other end: it is told by xenstore */
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3) &&
		   p->links == 2);
	assert_string_equal(p->why, "");
}

/* As one that waits in the kernel for what a program does not let go */
static void worker_that_hangs_is_replaced(void **state)
{
	struct xch_peer *p;

	hosts_worker_patience = 1500 * XDC_NS_PER_MS;
	link_both();
	p = host_peer(GUI, 3);
	/* one that answers is left alone, and "status" does not see the pings */
	hosts_run_for(3000);
	assert_int_equal(p->links, 1);
	assert_int_equal(p->status_answered, 0);
	kill(xch_child_pid(p->process.child), SIGSTOP);
	hosts_wait(p->state != XCH_PEER_LINKED);
	assert_string_equal(p->why, "link ended: its worker does not answer");
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3) &&
		   p->links == 2);
}

/* Another program in the worker's place: what the peer could make of it */
static void run_instead(struct host *h, const char *script)
{
	static char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/worker", hosts_folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
	h->d.program = path;
}

static void worker_that_lies_is_ended(void **state)
{
	struct xch_peer *p;
	unsigned int i;

	host_start(WORK, 3, offers_to_gui);
	run_instead(WORK, "printf garbage >&3; exec sleep 60");
	host_start(GUI, 7, uses_work);
	hosts_wait((p = host_peer(WORK, 7)) &&
		   strstr(p->why, "said what is invalid"));
	assert_int_equal(p->links, 0);
	/* it is killed if it does not end, and until then there are not many more */
	assert_true(WORK->d.children.nr >= 1);
	for (i = 0; i < 200 && !strstr(p->why, "earlier ones have not ended");
	     i++) {
		/* failures would make it wait until the first has been killed */
		p->delay = WORK->d.try_delay;
		hosts_run_for(50);
	}
	assert_non_null(strstr(p->why, "earlier ones have not ended"));
	assert_int_equal(WORK->d.children.nr, 4);
}

static void worker_that_cannot_run_is_reported(void **state)
{
	struct xch_peer *p;

	host_start(WORK, 3, offers_to_gui);
	WORK->d.program = "/nowhere";
	host_start(GUI, 7, uses_work);
	hosts_wait((p = host_peer(WORK, 7)) && *p->why);
	assert_string_equal(p->why,
			    "cannot start a worker: No such file or directory");
	/* the peer pays for no ring that failed here */
	assert_int_equal(p->rings, 0);
	run_instead(WORK, "exit 1");
	hosts_wait(strstr(p->why, "its worker has died"));
	WORK->d.program = getenv("XCH_DAEMON");
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

/* It has bound a ring for so short a time that the server has not seen it */
static void worker_that_ends_at_once_is_replaced(void **state)
{
	host_start(WORK, 3, offers_to_gui);
	host_start(GUI, 7, uses_work);
	run_instead(GUI, "exit 1");
	hosts_wait(host_peer(GUI, 3) && *host_peer(GUI, 3)->why);
	hosts_run_for(1000);
	GUI->d.program = getenv("XCH_DAEMON");
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

/* As with a quota of this domain's, or without memory */
static void link_outlives_a_failure_of_xenstore(void **state)
{
	struct xch_peer *p;

	link_both();
	p = host_peer(WORK, 7);
	store_conflicts = 10;
	xch_peer_tell(p);
	hosts_wait(!store_conflicts);
	assert_int_equal(p->state, XCH_PEER_LINKED);
	assert_non_null(strstr(p->why, "cannot read xenstore"));
	xch_peer_tell(p);
	hosts_wait(!*p->why);
	assert_true(host_linked(GUI, 3));
	assert_int_equal(p->links, 1);
}

static void domain_that_ends_is_forgotten(void **state)
{
	host_start(WORK, 3, offers_to_gui);
	host_start(DOM0, 0, "[service b]\nfrom = work\nexec = /bin/cat\n");
	hosts_wait(host_peer(DOM0, 3));
	assert_string_equal(host_peer(DOM0, 3)->label, "work");
	host_kill(WORK);
	store_remove_domain(3);
	hosts_wait(!host_peer(DOM0, 3));
	assert_null(store_get("/local/domain/0/data/xen-channel/3"));
	/* another domain of that name, with another id */
	store_add_domain(8, "work");
	hosts_wait(host_peer(DOM0, 8));
}

/* The toolstack removes its nodes after the event */
static void nodes_that_go_later_are_seen(void **state)
{
	host_start(DOM0, 0, "[service b]\nfrom = work\nexec = /bin/cat\n");
	hosts_wait(host_peer(DOM0, 3));
	store_fire("@releaseDomain");
	hosts_run_for(100);
	assert_non_null(host_peer(DOM0, 3));
	store_forget_domain(3);
	hosts_wait(!host_peer(DOM0, 3));
}

static void reused_id_is_a_new_peer(void **state)
{
	link_both();
	host_kill(GUI);
	store_remove_domain(7);
	hosts_wait(host_peer(WORK, 7)->state == XCH_PEER_WAITING);
	store_add_domain(7, "gui");
	host_start(GUI, 7, uses_work);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

/* Introductions and meetings name a restored domain's new id alone */
static void daemon_of_a_domain_with_another_id_ends(void **state)
{
	link_both();
	assert_int_equal(host_run_alone(GUI), 0);
	store_set("/local/domain/7/domid", "12");
	assert_int_equal(host_run_alone(GUI), -ESTALE);
	/* and its successor links */
	host_kill(GUI);
	store_remove_domain(7);
	store_add_domain(12, "gui");
	host_reload(WORK, "[service a]\nfrom = 12\nexec = /bin/cat\n");
	host_start(GUI, 12, uses_work);
	hosts_wait(host_linked(WORK, 12) && host_linked(GUI, 3));
}

/* Nothing that it has written is in the xenstore of another host */
static void domain_restored_under_its_id_links(void **state)
{
	host_start(GUI, 7, uses_work);
	hosts_wait(host_peer(GUI, 3));
	store_forget_domain(7);
	store_add_domain(7, "gui");
	hosts_run_for(50);
	host_start(WORK, 3, offers_to_gui);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

static void write_as_gui(const char *name, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/7/data/xen-channel/3/%s",
		 name);
	assert_true(store_set_as(7, path, value));
}

/* A guest without a daemon, which writes what it likes: as one that starts again */
static void rewrite_nodes(unsigned int ms)
{
	static unsigned int times;
	uint64_t last = xdc_now() + XDC_NS_PER_MS * ms;
	char generation[20];

	write_as_gui("version", "1");
	do {
		snprintf(generation, sizeof(generation), "%016x", times++);
		write_as_gui("generation", generation);
		/* readable for WORK, as they would have to be */
		store_open_for(3, "/local/domain/7/data/xen-channel/3");
		hosts_run_for(5);
	} while (xdc_now() < last);
}

/* It can keep the pages of each ring */
static void rewritten_nodes_cost_little(void **state)
{
	host_start(WORK, 3, offers_to_gui);
	rewrite_nodes(4000);
	/* at 0, 200, 600, 1400 and 3000 ms, and not every 200 */
	assert_in_range(hosts_offers, 2, 6);
	assert_true(host_peer(WORK, 7)->state == XCH_PEER_OFFERED ||
		    host_peer(WORK, 7)->state == XCH_PEER_WAITING);
}

/* Nor does one link that lasts for a while excuse what follows */
static void link_that_lasted_is_forgiven_once(void **state)
{
	struct xch_peer *p;
	unsigned int i;

	link_both();
	p = host_peer(WORK, 7);
	p->linked_at -= 100 * XDC_NS_PER_S;
	host_kill(GUI);
	hosts_wait(p->state != XCH_PEER_LINKED);
	for (i = 0; i < 20 && p->delay < 8 * WORK->d.try_delay; i++)
		rewrite_nodes(500);
	assert_true(p->delay >= 8 * WORK->d.try_delay);
}

static void failure_of_xenstore_is_told_while_it_lasts(void **state)
{
	struct xch_peer *p;

	host_start(WORK, 3, offers_to_gui);
	hosts_wait((p = host_peer(WORK, 7)));
	rewrite_nodes(200);
	assert_false(host_linked(WORK, 7));
	store_conflicts = 10;
	xch_peer_tell(p);
	hosts_wait(strstr(p->why, "cannot read xenstore"));
	xch_peer_tell(p);
	hosts_wait(!*p->why);
}

static void rings_of_a_peer_are_limited(void **state)
{
	char config[128];
	struct xch_peer *p;
	unsigned int i;

	snprintf(config, sizeof(config), "[peer 7]\nmax-rings = 3\n%s",
		 offers_to_gui);
	host_start(WORK, 3, config);
	hosts_wait((p = host_peer(WORK, 7)));
	for (i = 0; i < 200 && !*p->why; i++) {
		rewrite_nodes(50);
		/* failures would make it wait */
		p->delay = WORK->d.try_delay;
	}
	assert_string_equal(p->why, "it has had 3 rings, whose pages it may "
				    "still map. Try: raise max-rings in its "
				    "[peer]");
	assert_int_equal(hosts_offers, 3);
	assert_non_null(strstr(host_read(WORK, "status"), p->why));
	rewrite_nodes(500);
	assert_int_equal(hosts_offers, 3);
	/* a daemon there that is as it should be can link when there are more */
	snprintf(config, sizeof(config), "[peer 7]\nmax-rings = 9\n%s",
		 offers_to_gui);
	host_reload(WORK, config);
	host_start(GUI, 7, uses_work);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
	assert_string_equal(p->why, "");
}

static void invalid_nodes_are_reported(void **state)
{
	host_start(WORK, 3, offers_to_gui);
	write_as_gui("version", "7");
	write_as_gui("generation", "x");
	store_open_for(3, "/local/domain/7/data/xen-channel/3");
	hosts_wait(host_peer(WORK, 7));
	hosts_wait(strstr(host_peer(WORK, 7)->why, "another version"));
	write_as_gui("version", "1");
	hosts_wait(strstr(host_peer(WORK, 7)->why, "is invalid"));
	write_as_gui("generation", "0123456789abcdef");
	hosts_wait(host_peer(WORK, 7)->state == XCH_PEER_OFFERED);
	/* bound to a ring that is not there */
	write_as_gui("bound-to", "0123456789abcdef");
	hosts_run_for(200);
	assert_int_equal(host_peer(WORK, 7)->state, XCH_PEER_OFFERED);
	/* it says that it has bound the ring, and does not: no HELLO will come */
	write_as_gui(
		"bound-to",
		store_get("/local/domain/3/data/xen-channel/7/generation"));
	hosts_wait(host_peer(WORK, 7)->state == XCH_PEER_STARTING);
}

static void failure_is_tried_again_later(void **state)
{
	struct xch_peer *p;
	uint64_t first;

	hosts_transport_error = -ENOSPC;
	host_start(WORK, 3, offers_to_gui);
	host_start(GUI, 7, uses_work);
	hosts_wait(host_peer(WORK, 7) && *host_peer(WORK, 7)->why);
	p = host_peer(WORK, 7);
	assert_string_equal(p->why, "no ring: No space left on device");
	first = p->delay;
	assert_int_equal(p->state, XCH_PEER_WAITING);
	hosts_wait(p->delay > first);
	hosts_transport_error = 0;
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
	assert_string_equal(p->why, "");
}

static void unwritable_xenstore_is_reported(void **state)
{
	store_write_error = ENOSPC;
	host_start(WORK, 3, offers_to_gui);
	hosts_wait(host_peer(WORK, 7));
	assert_non_null(strstr(host_peer(WORK, 7)->why, "cannot write"));
	/* and tried again, without which the peer would wait for ever */
	host_start(GUI, 7, uses_work);
	store_write_error = 0;
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

static void links_are_limited(void **state)
{
	host_start(DOM0, 0,
		   "[daemon]\nmax-links = 1\n"
		   "[service b]\nfrom = gui work\nexec = /bin/cat\n");
	hosts_wait(host_peer(DOM0, 7));
	hosts_run_for(50);
	assert_null(host_peer(DOM0, 3));
	assert_int_equal(DOM0->d.nr_peers, 1);
	/* the end of one makes room for another */
	store_remove_domain(7);
	hosts_wait(host_peer(DOM0, 3));
}

static void watches_are_one_a_peer(void **state)
{
	unsigned int before;

	host_start(DOM0, 0, "");
	before = store_watches();
	host_reload(DOM0, "[service b]\nfrom = gui work 7\nexec = /bin/cat\n");
	hosts_wait(host_peer(DOM0, 7) && host_peer(DOM0, 3));
	assert_int_equal(store_watches(), before + 2);
	host_reload(DOM0, "");
	hosts_wait(!host_peer(DOM0, 7) && !host_peer(DOM0, 3));
	assert_int_equal(store_watches(), before);
}

static void reload_ends_links_that_are_not_wanted(void **state)
{
	link_both();
	host_reload(WORK, "");
	hosts_wait(!host_peer(WORK, 7));
	hosts_wait(host_peer(GUI, 3)->state == XCH_PEER_WAITING);
}

static void stale_nodes_are_removed_at_start(void **state)
{
	assert_true(store_set_as(
		3, "/local/domain/3/data/xen-channel/9/generation", "old"));
	host_start(WORK, 3, "");
	assert_null(store_get("/local/domain/3/data/xen-channel"));
}

static void no_xenstore_is_an_error(void **state)
{
	struct xch_daemon d;
	struct xdc_reason why;

	memset(&d, 0, sizeof(d));
	assert_int_equal(xdc_loop_init(&d.loop), 0);
	store_domid = UINT16_MAX;
	assert_int_equal(xch_peers_start(&d, &why), -ENODEV);
	assert_non_null(strstr(why.text, "start xenstored"));
	xch_peers_stop(&d);
	/* a domain that has no home */
	store_domid = 99;
	assert_int_equal(xch_peers_start(&d, &why), -ENOENT);
	assert_non_null(strstr(why.text, "own domain id"));
	xch_peers_stop(&d);
	xdc_loop_fini(&d.loop);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, hosts_begin, hosts_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(two_domains_link),
		CASE(order_of_starts_does_not_matter),
		CASE(no_link_unless_both_want_it),
		CASE(nothing_is_written_for_others),
		CASE(end_of_a_daemon_is_seen_and_its_return),
		CASE(who_writes_on_and_on_is_looked_at_less),
		CASE(killed_client_returns),
		CASE(killed_server_returns),
		CASE(lost_worker_is_replaced),
		CASE(worker_that_hangs_is_replaced),
		CASE(worker_that_lies_is_ended),
		CASE(worker_that_cannot_run_is_reported),
		CASE(worker_that_ends_at_once_is_replaced),
		CASE(link_outlives_a_failure_of_xenstore),
		CASE(failure_of_xenstore_is_told_while_it_lasts),
		CASE(domain_that_ends_is_forgotten),
		CASE(nodes_that_go_later_are_seen),
		CASE(reused_id_is_a_new_peer),
		CASE(daemon_of_a_domain_with_another_id_ends),
		CASE(domain_restored_under_its_id_links),
		CASE(rewritten_nodes_cost_little),
		CASE(link_that_lasted_is_forgiven_once),
		CASE(rings_of_a_peer_are_limited),
		CASE(invalid_nodes_are_reported),
		CASE(failure_is_tried_again_later),
		CASE(unwritable_xenstore_is_reported),
		CASE(links_are_limited),
		CASE(watches_are_one_a_peer),
		CASE(reload_ends_links_that_are_not_wanted),
		CASE(stale_nodes_are_removed_at_start),
		CASE(no_xenstore_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
