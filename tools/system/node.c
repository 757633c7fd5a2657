// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/node.h"

#define GROUPS_MAX 256
#define NAME_MAX_LEN 64

int xt_node_check(const char *path)
{
	if (!access(path, R_OK | W_OK))
		return 0;
	return errno == ENOTDIR ? -ENOENT : -errno;
}

bool xt_node_denied(int err)
{
	return err == -EACCES || err == -EPERM;
}

gid_t xt_node_group(const char *path)
{
	const mode_t both = S_IRGRP | S_IWGRP;
	struct stat st;

	return !stat(path, &st) && (st.st_mode & both) == both ? st.st_gid : 0;
}

static void name_user(uid_t uid, char name[NAME_MAX_LEN])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(name, NAME_MAX_LEN, "%s", user->pw_name);
	else
		snprintf(name, NAME_MAX_LEN, "%u", uid);
}

static void name_group(gid_t gid, char name[NAME_MAX_LEN])
{
	const struct group *group = getgrgid(gid);

	if (group)
		snprintf(name, NAME_MAX_LEN, "%s", group->gr_name);
	else
		snprintf(name, NAME_MAX_LEN, "%u", gid);
}

/* Whether this user is a member, possibly only since the last login */
static bool is_member(gid_t gid)
{
	const struct passwd *user = getpwuid(getuid());
	gid_t groups[GROUPS_MAX];
	int i, n = GROUPS_MAX;

	if (!user || getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0)
		return false;
	for (i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static void advise_user(const char *path, struct xt_refusal *r)
{
	char group[NAME_MAX_LEN];
	gid_t gid = xt_node_group(path);

	name_group(gid, group);
	if (!getuid())
		snprintf(
			r->advice, sizeof(r->advice),
			"leave the container, or look for a security module: this user is root");
	else if (!gid)
		snprintf(r->advice, sizeof(r->advice), "run as root");
	else if (is_member(gid))
		snprintf(
			r->advice, sizeof(r->advice),
			"log in again: this user became a member of the group %s after the login",
			group);
	else
		snprintf(
			r->advice, sizeof(r->advice),
			"add this user to the group %s and log in again, or run as root",
			group);
}

static void describe_owner(const char *path, char *text, size_t len)
{
	char user[NAME_MAX_LEN], group[NAME_MAX_LEN];
	struct stat st;

	*text = '\0';
	if (stat(path, &st))
		return;
	name_user(st.st_uid, user);
	name_group(st.st_gid, group);
	snprintf(text, len, " (owner %s, group %s, mode %04o)", user, group,
		 st.st_mode & 07777);
}

void xt_node_refused(const char *path, int err, const char *advice,
		     struct xt_refusal *r)
{
	char owner[2 * NAME_MAX_LEN + 32];

	if (xt_node_denied(err)) {
		describe_owner(path, owner, sizeof(owner));
		snprintf(r->why, sizeof(r->why), "this user may not open %s%s",
			 path, owner);
		advise_user(path, r);
		return;
	}
	if (err == -ENOENT || err == -ENODEV)
		snprintf(r->why, sizeof(r->why), "there is no %s", path);
	else
		snprintf(r->why, sizeof(r->why), "%s: %s", path,
			 strerror(-err));
	snprintf(r->advice, sizeof(r->advice), "%s", advice);
}
