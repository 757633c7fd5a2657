// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

static char path[] = "/tmp/test_channel_config.XXXXXX";
static struct xdc_reason why;

static struct xch_config *load_text(const char *text)
{
	struct xch_config *c = NULL;
	FILE *f = fopen(path, "w");
	int err;

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	err = xch_config_load(path, &c, &why);
	if (err) {
		assert_int_equal(err, -EINVAL);
		return NULL;
	}
	return c;
}

static const struct xch_use *use_as(const struct xch_config *c,
				    const char *service, uid_t uid, gid_t gid)
{
	return xch_config_use(c, service, "gui", 3, uid, &gid, 1);
}

static char listed[256];

static void list_introduction(void *user, const char *one, const char *other)
{
	size_t at = strlen(listed);

	snprintf(listed + at, sizeof(listed) - at, "%s+%s ", one, other);
}

static const char *introductions_of(const struct xch_config *c)
{
	listed[0] = '\0';
	xch_config_each_introduction(c, list_introduction, NULL);
	return listed;
}

static void list_peer(void *user, const char *name)
{
	size_t at = strlen(listed);

	snprintf(listed + at, sizeof(listed) - at, "%s ", name);
}

static bool names_peer(const struct xch_config *c, const char *name)
{
	char word[64];

	strcpy(listed, " ");
	xch_config_each_peer(c, list_peer, NULL);
	snprintf(word, sizeof(word), " %s ", name);
	return strstr(listed, word);
}

static void list_use(void *user, const struct xch_use *use)
{
	size_t at = strlen(listed);

	snprintf(listed + at, sizeof(listed) - at, "%s:%s ", use->service,
		 use->path);
}

static void config_denies_without_a_file(void **state)
{
	struct xch_config *c = xch_config_default();
	struct xch_caps caps;
	gid_t gid = 0;

	assert_non_null(c);
	assert_false(names_peer(c, "work"));
	assert_null(xch_config_service(c, "camera", "work", 1));
	assert_null(xch_config_use(c, "camera", "work", 1, 0, &gid, 1));
	assert_null(xch_config_listen(c, "camera", 0, &gid, 1));
	assert_string_equal(introductions_of(c), "");
	assert_int_equal(xch_config_log_level(c), XDC_INFO);
	assert_int_equal(xch_config_max_links(c), 30);
	xch_config_caps(c, "work", 1, &caps);
	assert_int_equal(caps.max_pages, 65536);
	assert_int_equal(caps.max_buffers, 512);
	assert_int_equal(caps.max_channels, 64);
	assert_int_equal(caps.max_opens, 20);
	assert_int_equal(caps.max_rings, 100);
	assert_int_equal(caps.max_fences, 256);
	xch_config_free(c);
	xch_config_free(NULL);
	assert_int_equal(xch_config_load("/nowhere", &c, &why), -ENOENT);
}

static void config_caps_of_a_peer(void **state)
{
	struct xch_config *c = load_text("[daemon]\n"
					 "log-level = debug\n"
					 "[peer work]\n"
					 "max-memory = 10\n"
					 "max-buffers = 7\n"
					 "[peer 12]\n"
					 "max-channels = 3\n"
					 "linger = 0\n"
					 "; the first goes on\n"
					 "[peer work]\n"
					 "max-channels = 5\n"
					 "max-opens = 4\n"
					 "max-rings = 6\n"
					 "max-fences = 9\n"
					 "max-copy = 64\n"
					 "sync-timeout = 3\n"
					 "revocable = yes\n");
	struct xch_caps caps;

	assert_non_null(c);
	assert_int_equal(xch_config_log_level(c), XDC_DEBUG);
	xch_config_caps(c, "work", 1, &caps);
	assert_int_equal(caps.max_pages, 2560);
	assert_int_equal(caps.max_buffers, 7);
	assert_int_equal(caps.max_channels, 5);
	assert_int_equal(caps.max_opens, 4);
	assert_int_equal(caps.max_rings, 6);
	assert_int_equal(caps.max_fences, 9);
	assert_int_equal(caps.linger_ms, 2000);
	assert_int_equal(caps.max_copy, 65536);
	assert_int_equal(caps.sync_timeout_ms, 3000);
	assert_true(caps.revocable);
	xch_config_caps(c, NULL, 12, &caps);
	assert_int_equal(caps.max_channels, 3);
	assert_int_equal(caps.linger_ms, 0);
	xch_config_caps(c, "other", 13, &caps);
	assert_int_equal(caps.max_channels, 64);
	/* caps alone make no link */
	assert_false(names_peer(c, "work"));
	xch_config_free(c);
}

static void config_service_for_peers(void **state)
{
	struct xch_config *c = load_text("[service camera]\n"
					 "from = call, 17\n"
					 "connect = /run/camera\n"
					 "type = seqpacket\n"
					 "fds = dmabuf sync\n"
					 "read-only = yes\n");
	const struct xch_service *s;

	assert_non_null(c);
	s = xch_config_service(c, "camera", "call", 5);
	assert_non_null(s);
	assert_int_equal(s->target, XCH_TARGET_CONNECT);
	assert_string_equal(s->path, "/run/camera");
	assert_int_equal(s->terms.type, XCH_SEQPACKET);
	assert_int_equal(s->terms.fds, XCH_FDS_DMABUF | XCH_FDS_SYNC);
	assert_true(s->terms.read_only);
	assert_ptr_equal(xch_config_service(c, "camera", NULL, 17), s);
	assert_null(xch_config_service(c, "camera", "other", 5));
	assert_null(xch_config_service(c, "camera", NULL, 5));
	assert_null(xch_config_service(c, "microphone", "call", 5));
	assert_true(names_peer(c, "call"));
	assert_true(names_peer(c, "17"));
	assert_false(names_peer(c, "other"));
	xch_config_free(c);
}

static void config_service_for_listeners(void **state)
{
	struct xch_config *c = load_text("[service pictures]\n"
					 "from = work\n"
					 "user = 1000\n"
					 "group = 44\n"
					 "[service run]\n"
					 "from = work\n"
					 "exec = /usr/bin/cat -u\n");
	const struct xch_service *s;
	gid_t gids[] = { 5, 44 };

	assert_non_null(c);
	assert_non_null(xch_config_listen(c, "pictures", 1000, gids, 1));
	assert_non_null(xch_config_listen(c, "pictures", 1001, gids, 2));
	assert_null(xch_config_listen(c, "pictures", 1001, gids, 1));
	assert_null(xch_config_listen(c, "run", 1000, gids, 2));
	s = xch_config_service(c, "run", "work", 1);
	assert_int_equal(s->target, XCH_TARGET_EXEC);
	assert_string_equal(s->command, "/usr/bin/cat -u");
	assert_int_equal(s->terms.type, XCH_STREAM);
	assert_int_equal(s->terms.fds, 0);
	xch_config_free(c);
}

static void config_use_by_local_users(void **state)
{
	struct xch_config *c = load_text("[use wayland]\n"
					 "peer = gui\n"
					 "user = *\n"
					 "fds = dmabuf memory\n"
					 "[use camera]\n"
					 "peer = gui usb\n"
					 "user = root 1000\n"
					 "group = 44\n");

	assert_non_null(c);
	assert_non_null(use_as(c, "wayland", 12345, 1));
	assert_int_equal(use_as(c, "wayland", 1, 1)->terms.fds,
			 XCH_FDS_DMABUF | XCH_FDS_MEMORY);
	assert_non_null(use_as(c, "camera", 0, 1));
	assert_non_null(use_as(c, "camera", 1000, 1));
	assert_non_null(use_as(c, "camera", 1001, 44));
	assert_null(use_as(c, "camera", 1001, 1));
	assert_null(use_as(c, "clipboard", 0, 0));
	assert_null(xch_config_use(c, "wayland", "usb", 9, 0, NULL, 0));
	assert_true(names_peer(c, "usb"));
	xch_config_free(c);
}

static void config_introductions(void **state)
{
	struct xch_config *c = load_text("[introduce work gui]\n"
					 "[introduce gui usb]\n");

	assert_non_null(c);
	assert_string_equal(introductions_of(c), "work+gui gui+usb ");
	xch_config_free(c);
}

static void config_lists_peers_and_sockets(void **state)
{
	struct xch_config *c = load_text("[service a]\n"
					 "from = work 7\n"
					 "connect = /a\n"
					 "[use b]\n"
					 "peer = gui\n"
					 "user = *\n"
					 "listen = /run/b\n"
					 "[use c]\n"
					 "peer = gui usb\n"
					 "user = *\n");

	assert_non_null(c);
	listed[0] = '\0';
	xch_config_each_peer(c, list_peer, NULL);
	assert_string_equal(listed, "work 7 gui gui usb ");
	listed[0] = '\0';
	xch_config_each_use(c, list_use, NULL);
	assert_string_equal(listed, "b:/run/b c: ");
	xch_config_free(c);
}

/* Each names its line and the reason */
static void config_mistakes(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *why;
	} cases[] = {
		{ "x = 1\n", 1, "in no section" },
		{ "[nonsense]\nx = 1\n", 1, "is none of [daemon]" },
		{ "[peer]\nx = 1\n", 1, "is none of [daemon]" },
		{ "[peer a b]\nx = 1\n", 1, "is none of [daemon]" },
		{ "[introduce a]\n", 1, "is none of [daemon]" },
		{ "[introduce a a]\n", 1, "to itself" },
		{ "[introduce a b.c]\n", 1, "xenstore takes letters" },
		{ "[daemon]\nmax-links = 101\n", 2, "0 to 100" },
		{ "[use a]\nlisten = run\n", 2, "path of a socket" },
		{ "[use a]\npeer = b c\nuser = *\nlisten = /x\n", 1,
		  "one peer alone" },
		{ "[use a]\npeer = b\nuser = *\nlisten = /x\n"
		  "[use c]\npeer = b\nuser = *\nlisten = /x\n",
		  5, "[use a] listens at /x, too" },
		{ "[service a/b]\n", 1, "only letters" },
		{ "[daemon]\nlog = debug\n", 2, "no key 'log'" },
		{ "[daemon]\n\nlog-level = loud\n", 3, "must be error" },
		{ "[peer a]\nmax-memory = x\n", 2, "0 to 65536 MiB" },
		{ "[peer a]\nmax-memory = 65537\n", 2, "0 to 65536 MiB" },
		{ "[peer a]\nmax-buffers = -1\n", 2, "0 to 65536" },
		{ "[peer a]\nmax-channels = 1025\n", 2, "0 to 1024" },
		{ "[peer a]\nmax-opens = 10001\n", 2, "a second" },
		{ "[peer a]\nlinger = 60001\n", 2, "60000 milliseconds" },
		{ "[peer a]\nfrom = b\n", 2, "[peer] has no key 'from'" },
		{ "[use a]\nmax-memory = 1\n", 2, "[use] has no key" },
		{ "[service a]\nconnect = run\n", 2, "path of a socket" },
		{ "[service a]\nexec = cat\n", 2, "command with its path" },
		{ "[service a]\nexec = /bin/cat\nconnect = /x\n", 3, "alone" },
		{ "[service a]\nconnect = /x\nuser = *\n", 3,
		  "without connect" },
		{ "[service a]\nuser = nobody-has-this-name\n", 2,
		  "users of this machine" },
		{ "[use a]\ngroup = nobody-has-this-name\n", 2,
		  "groups of this machine" },
		{ "[use a]\ntype = dgram\n", 2, "stream or seqpacket" },
		{ "[use a]\nfds = dmabuf eventfd\n", 2, "some of dmabuf" },
		{ "[use a]\nread-only = maybe\n", 2, "yes or no" },
		{ "[peer a]\nmax-copy = 65537\n", 2, "65536 KiB" },
		{ "[peer a]\nsync-timeout = 61\n", 2, "60 seconds" },
		{ "[use a]\npeer =\n", 2, "16 names" },
		{ "[use a]\npeer = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
		  2, "16 names" },
		{ "\n[service a]\nfrom = b\n", 2, "leads nowhere" },
		{ "[service a]\nconnect = /x\n", 1, "nobody may connect" },
		{ "[service a]\n", 1, "nobody may connect" },
		{ "[use a]\nuser = *\n", 1, "set peer" },
		{ "[use a]\npeer = b\n", 1, "nobody may use it" },
		{ "[peer a]\nmax-memory\n", 2, "neither [section]" },
		{ "[peer a\n", 1, "neither [section]" },
		{ "[use a]\npeer = b\n  c\n", 3, "begin with a blank" },
		/* the first counts */
		{ "[peer a]\nx = 1\ny = 2\n", 2, "no key 'x'" },
	};
	char expected[64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xch_config *c = load_text(cases[i].text);

		if (c)
			fail_msg("accepted: %s", cases[i].text);
		snprintf(expected, sizeof(expected), "%s:%u: ", path,
			 cases[i].line);
		if (strncmp(why.text, expected, strlen(expected)) ||
		    !strstr(why.text, cases[i].why))
			fail_msg("%s is told: %s", cases[i].text, why.text);
	}
}

static void config_long_lines(void **state)
{
	char text[600] = "[use a]\npeer = ";

	memset(text + strlen(text), 'b', 400);
	assert_null(load_text(text));
	assert_non_null(strstr(why.text, ":2: more than"));
}

static void config_too_many_sections(void **state)
{
	char *text = malloc(257 * 32), *at = text;
	unsigned int i;

	for (i = 0; i < 257; i++)
		at += sprintf(at, "[peer %u]\n", i);
	assert_null(load_text(text));
	assert_non_null(strstr(why.text, ":257: more than 256 sections"));
	free(text);
}

/* The example says nothing, and would be valid without its comments */
static void config_example(void **state)
{
	const char *example = getenv("XCH_EXAMPLE");
	char line[256], text[4096] = "";
	struct xch_config *c;
	FILE *f;

	assert_non_null(example);
	assert_int_equal(xch_config_load(example, &c, &why), 0);
	assert_false(names_peer(c, "call"));
	xch_config_free(c);
	f = fopen(example, "r");
	while (fgets(line, sizeof(line), f))
		if (line[0] != '#' || line[1] != ' ')
			strcat(text, line[0] == '#' ? line + 1 : line);
	fclose(f);
	c = load_text(text);
	if (!c)
		fail_msg("%s", why.text);
	assert_true(names_peer(c, "call"));
	assert_string_equal(introductions_of(c), "work+gui ");
	xch_config_free(c);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

/* As some distributions pack /etc/xen */
static void closed_folder_is_named(void **state)
{
	char folder[] = "/tmp/test_channel_closed.XXXXXX", file[64], want[256];
	struct xch_config *c = NULL;
	uid_t user = geteuid();

	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/conf", folder);
	snprintf(
		want, sizeof(want),
		"%s: Permission denied: this user may not enter the folder %s ",
		file, folder);
	/* root may enter every folder */
	if (user ? chmod(folder, 0) : seteuid(65534))
		skip();
	assert_int_equal(xch_config_load(file, &c, &why), -EACCES);
	assert_int_equal(seteuid(user), 0);
	assert_memory_equal(why.text, want, strlen(want));
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_denies_without_a_file),
		cmocka_unit_test(config_caps_of_a_peer),
		cmocka_unit_test(config_service_for_peers),
		cmocka_unit_test(config_service_for_listeners),
		cmocka_unit_test(config_use_by_local_users),
		cmocka_unit_test(config_introductions),
		cmocka_unit_test(config_lists_peers_and_sockets),
		cmocka_unit_test(config_mistakes),
		cmocka_unit_test(config_long_lines),
		cmocka_unit_test(config_too_many_sections),
		cmocka_unit_test(config_example),
		cmocka_unit_test(closed_folder_is_named),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
