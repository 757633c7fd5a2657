// SPDX-License-Identifier: GPL-2.0-only
/* Which domains are peers: names, and introductions */
#include "unit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake-store.h"
#include "hosts.h"
#include "peers.h"

#define WORK (&hosts[0])
#define GUI (&hosts[1])
#define DOM0 (&hosts[2])

/* The node of which reading fails with ENOMEM; NULL: none */
static const char *unread;

static bool is_unread(const char *path)
{
	if (!unread || strcmp(path, unread))
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
		     unsigned int *len);
void *__wrap_xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
		     unsigned int *len);

void *__wrap_xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
		     unsigned int *len)
{
	return is_unread(path) ? NULL : __real_xs_read(h, t, path, len);
}

char **__real_xs_directory(struct xs_handle *h, xs_transaction_t t,
			   const char *path, unsigned int *num);
char **__wrap_xs_directory(struct xs_handle *h, xs_transaction_t t,
			   const char *path, unsigned int *num);

char **__wrap_xs_directory(struct xs_handle *h, xs_transaction_t t,
			   const char *path, unsigned int *num)
{
	return is_unread(path) ? NULL : __real_xs_directory(h, t, path, num);
}

struct xs_permissions *__real_xs_get_permissions(struct xs_handle *h,
						 xs_transaction_t t,
						 const char *path,
						 unsigned int *num);
struct xs_permissions *__wrap_xs_get_permissions(struct xs_handle *h,
						 xs_transaction_t t,
						 const char *path,
						 unsigned int *num);

struct xs_permissions *__wrap_xs_get_permissions(struct xs_handle *h,
						 xs_transaction_t t,
						 const char *path,
						 unsigned int *num)
{
	return is_unread(path) ? NULL
			       : __real_xs_get_permissions(h, t, path, num);
}

/* Removing fails with ENOMEM */
static bool kept;

bool __real_xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);
bool __wrap_xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path);

bool __wrap_xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	if (!kept)
		return __real_xs_rm(h, t, path);
	errno = ENOMEM;
	return false;
}

static int saved_stderr = -1, log_file;

static void log_begin(void)
{
	saved_stderr = dup(STDERR_FILENO);
	log_file = memfd_create("log", MFD_CLOEXEC);
	assert_true(dup2(log_file, STDERR_FILENO) >= 0);
}

/* Also after a test that has failed, or nobody would read why the next one has */
static void log_end(void)
{
	if (saved_stderr < 0)
		return;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(log_file);
	saved_stderr = -1;
}

/* What was logged is @want, and not twice */
static void log_expect(const char *want)
{
	char said[4096] = "";
	const char *first;
	ssize_t n = pread(log_file, said, sizeof(said) - 1, 0);

	log_end();
	assert_true(n >= 0);
	first = strstr(said, want);
	assert_non_null(first);
	assert_null(strstr(first + 1, want));
}

static int begin(void **state)
{
	log_end();
	unread = NULL;
	kept = false;
	return hosts_begin(state);
}

static void guests_meet_by_introduction(void **state)
{
	host_start(DOM0, 0, "[introduce work gui]\n");
	host_start(WORK, 3, "[service a]\nfrom = gui\nexec = /bin/cat\n");
	host_start(GUI, 7, "[use a]\npeer = work\nuser = *\n");
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
	assert_string_equal(host_peer(WORK, 7)->label, "gui");
	assert_int_equal(DOM0->d.nr_peers, 0);
	assert_string_equal(store_get("/local/domain/3/xen-channel/gui"), "7");
	assert_false(store_may_read(7, "/local/domain/3/xen-channel/gui"));
	/* at the end of one, the other is told */
	host_kill(GUI);
	store_remove_domain(7);
	hosts_wait(!store_get("/local/domain/3/xen-channel/gui"));
	hosts_wait(!host_peer(WORK, 7));
	store_add_domain(12, "gui");
	hosts_wait(host_peer(WORK, 12));
}

static void introductions_follow_the_configuration(void **state)
{
	host_start(DOM0, 0, "[introduce work gui]\n");
	hosts_wait(store_get("/local/domain/7/xen-channel/work"));
	host_reload(DOM0, "");
	hosts_wait(!store_get("/local/domain/7/xen-channel/work"));
	assert_null(store_get("/local/domain/3/xen-channel/gui"));
	/* one that cannot be written is tried again */
	store_conflicts = 10;
	host_reload(DOM0, "[introduce work gui]\n");
	hosts_wait(store_get("/local/domain/7/xen-channel/work"));
	hosts_wait(store_get("/local/domain/3/xen-channel/gui"));
}

/* What a daemon has left that was killed; an id may be another domain's by now */
static void old_introductions_are_taken_back(void **state)
{
	static const char gui[] = "/local/domain/3/xen-channel/gui";
	static const char usb[] = "/local/domain/3/xen-channel/usb";

	store_set(gui, "7");
	store_permit(gui, 0, 3);
	store_set(usb, "7");
	store_permit(usb, 0, 3);
	host_start(DOM0, 0, "[introduce work gui]\n[introduce work usb]\n");
	hosts_wait(store_get("/local/domain/7/xen-channel/work"));
	assert_null(store_get(usb));
	assert_string_equal(store_get(gui), "7");
}

/* A domain cannot name others to itself: only what dom0 wrote there counts */
static void own_introductions_do_not_count(void **state)
{
	store_set("/local/domain/3/xen-channel", "");
	store_set("/local/domain/3/xen-channel/gui", "7");
	store_permit("/local/domain/3/xen-channel/gui", 3, 3);
	host_start(WORK, 3, "[service a]\nfrom = gui\nexec = /bin/cat\n");
	hosts_run_for(50);
	assert_null(host_peer(WORK, 7));
}

/* Turns until a scan has failed; nothing else would tell of its end */
static void fail_a_scan(struct host *h, const char *path)
{
	unread = path;
	xch_peers_update(&h->d);
	hosts_wait(!h->d.scan.queued);
	hosts_run_for(50);
}

/* ENOMEM or a quota of xenstored's is no end of an introduction */
static void unread_introduction_ends_no_link(void **state)
{
	host_start(DOM0, 0, "[introduce work gui]\n");
	host_start(WORK, 3, "[service a]\nfrom = gui other\nexec = /bin/cat\n");
	host_start(GUI, 7, "[use a]\npeer = work\nuser = *\n");
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
	fail_a_scan(WORK, "/local/domain/3/xen-channel/gui");
	assert_true(host_linked(WORK, 7));
	fail_a_scan(WORK, "/local/domain/3/xen-channel");
	assert_true(host_linked(WORK, 7));
	/* one that comes meanwhile is found without another event */
	store_set("/local/domain/3/xen-channel/other", "9");
	store_permit("/local/domain/3/xen-channel/other", 0, 3);
	hosts_run_for(50);
	assert_null(host_peer(WORK, 9));
	unread = NULL;
	hosts_wait(host_peer(WORK, 9));
	assert_int_equal(host_peer(WORK, 7)->links, 1);
}

static int run_to_failure(struct host *h)
{
	uint64_t begun = xdc_now();
	int err;

	while (!(err = host_run_alone(h)) && xdc_now() - begun < HOST_PATIENCE)
		usleep(10000);
	return err;
}

/* Which is told once, after a restore */
static void unread_own_id_is_read_later(void **state)
{
	host_start(GUI, 7, "[use a]\npeer = 3\nuser = *\n");
	hosts_wait(host_peer(GUI, 3));
	unread = "domid";
	store_set("/local/domain/7/domid", "12");
	hosts_run_for(50);
	unread = NULL;
	assert_int_equal(run_to_failure(GUI), -ESTALE);
}

static void unread_name_ends_no_link(void **state)
{
	host_start(DOM0, 0, "[service b]\nfrom = work\nexec = /bin/cat\n");
	host_start(WORK, 3, "[use b]\npeer = 0\nuser = *\n");
	hosts_wait(host_linked(DOM0, 3) && host_linked(WORK, 0));
	log_begin();
	fail_a_scan(DOM0, "/local/domain/3/name");
	fail_a_scan(DOM0, "/local/domain/3/name");
	log_expect("cannot read the name of domain 3: Cannot allocate memory");
	assert_true(host_linked(DOM0, 3));
	unread = NULL;
	hosts_run_for(50);
	assert_int_equal(host_peer(DOM0, 3)->links, 1);
}

/* Those of an earlier daemon are not forgotten */
static void unread_old_introductions_are_taken_back_later(void **state)
{
	static const char usb[] = "/local/domain/3/xen-channel/usb";

	store_set(usb, "7");
	store_permit(usb, 0, 3);
	log_begin();
	unread = usb;
	host_start(DOM0, 0, "[introduce work gui]\n");
	hosts_run_for(50);
	xch_peers_update(&DOM0->d);
	hosts_run_for(50);
	unread = NULL;
	log_expect("cannot read the introductions to domain 3: ");
	hosts_wait(!store_get(usb));
	hosts_wait(store_get("/local/domain/7/xen-channel/work"));
}

/* The id may be another domain's later */
static void introduction_that_stays_is_taken_back_later(void **state)
{
	static const char usb[] = "/local/domain/3/xen-channel/usb";

	store_set(usb, "7");
	store_permit(usb, 0, 3);
	kept = true;
	log_begin();
	host_start(DOM0, 0, "[introduce work gui]\n");
	hosts_wait(store_get("/local/domain/7/xen-channel/work"));
	xch_peers_update(&DOM0->d);
	hosts_run_for(50);
	log_expect("cannot take back the introduction of usb to domain 3: ");
	assert_non_null(store_get(usb));
	kept = false;
	hosts_wait(!store_get(usb));
}

/* Neither could it be taken back, nor another one be written in its place */
static void introduction_that_is_not_replaced_is_taken_back_later(void **state)
{
	static const char usb[] = "/local/domain/3/xen-channel/usb";

	store_set(usb, "5");
	store_permit(usb, 0, 3);
	store_add_domain(9, "usb");
	kept = true;
	store_conflicts = 1000000;
	host_start(DOM0, 0, "[introduce work usb]\n");
	hosts_run_for(50);
	store_remove_domain(9);
	hosts_run_for(50);
	assert_string_equal(store_get(usb), "5");
	store_conflicts = 0;
	kept = false;
	hosts_wait(!store_get(usb));
}

/* xl renames it when it has arrived, which no watch tells */
static void migrated_domain_gets_its_name(void **state)
{
	host_start(DOM0, 0, "[service b]\nfrom = mail\nexec = /bin/cat\n");
	/* nothing is left from the start that would look again */
	hosts_run_for(50);
	hosts_wait(!DOM0->d.scan_timer.at);
	store_add_domain(9, "mail--incoming");
	hosts_run_for(50);
	assert_null(host_peer(DOM0, 9));
	store_set("/local/domain/9/name", "mail");
	hosts_wait(host_peer(DOM0, 9));
}

static void names_are_compared_as_they_are(void **state)
{
	static const char longest[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	char text[256];

	snprintf(text, sizeof(text), "%sb", longest);
	store_add_domain(9, "B\xc3\xbcro");
	store_add_domain(10, text);
	store_add_domain(11, longest);
	store_add_domain(12, "B??ro");
	snprintf(text, sizeof(text),
		 "[service b]\nfrom = B\xc3\xbcro %s\nexec = /bin/cat\n",
		 longest);
	host_start(DOM0, 0, text);
	hosts_wait(host_peer(DOM0, 9) && host_peer(DOM0, 11));
	assert_string_equal(host_peer(DOM0, 9)->label, "B\xc3\xbcro");
	/* its name only begins as that of another one */
	assert_null(host_peer(DOM0, 10));
	assert_int_equal(DOM0->d.nr_peers, 2);
	host_reload(DOM0, "[service b]\nfrom = 10\nexec = /bin/cat\n");
	hosts_wait(host_peer(DOM0, 10));
	assert_string_equal(host_peer(DOM0, 10)->label, "10");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, hosts_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(guests_meet_by_introduction),
		CASE(introductions_follow_the_configuration),
		CASE(old_introductions_are_taken_back),
		CASE(own_introductions_do_not_count),
		CASE(unread_introduction_ends_no_link),
		CASE(unread_own_id_is_read_later),
		CASE(unread_name_ends_no_link),
		CASE(unread_old_introductions_are_taken_back_later),
		CASE(introduction_that_stays_is_taken_back_later),
		CASE(introduction_that_is_not_replaced_is_taken_back_later),
		CASE(migrated_domain_gets_its_name),
		CASE(names_are_compared_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
