// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts: pages are charged to the open file that MAP or GRANT was called on,
 * to users, and to the whole domain.  They stay charged until the lease is
 * RETURNED.  Pages of a user mapping in a PV domain are charged to the users who
 * map them, and to the domain.  The account of a user is freed with the user's last
 * lease or mapping, that of a file with the file or its last lease, whichever comes
 * later.
 *
 * The users are the caller and the opener of the file, which can differ.  In a
 * user namespace, the namespace's maker can take any of the user ids that it
 * maps.  So the owner of the outermost namespace pays there, in addition to the
 * caller and instead of the opener.
 */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "account.h"
#include "limits.h"

/**
 * struct xdb_account - pages charged to one open file, one user or the domain
 * @ref: one for each lease and each PV user mapping charged to it, and one for
 *	the open file
 * @node: of a user, in the tree of users
 * @uid: the user; of a file, the user who answers for its opener
 * @used: number of pages
 */
struct xdb_account {
	struct kref ref;
	struct rb_node node;
	kuid_t uid;
	unsigned int used[XDB_POOL_NR];
};

/* Protects the counts of all accounts, and the variables below. */
static DEFINE_SPINLOCK(account_lock);
static struct rb_root account_users = RB_ROOT;
static struct xdb_account domain_account;
/* The most pages that were ever granted at a time */
static unsigned int granted_peak;

static enum xdb_level get_level(int payer)
{
	switch (payer) {
	case XDB_PAYER_ALL:
		return XDB_ALL;
	case XDB_PAYER_FILE:
		return XDB_FILE;
	default:
		return XDB_USER;
	}
}

static struct xdb_account *new_account(kuid_t uid)
{
	struct xdb_account *account =
		kzalloc(sizeof(*account), GFP_KERNEL_ACCOUNT);

	if (account) {
		kref_init(&account->ref);
		RB_CLEAR_NODE(&account->node);
		account->uid = uid;
	}
	return account;
}

/* The user who answers for the calling process; see the top of this file. */
static kuid_t get_answerable_uid(void)
{
	struct user_namespace *ns = current_user_ns();

	if (ns == &init_user_ns)
		return current_uid();
	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	return ns->owner;
}

/* The account of a file that the calling process opens, or NULL. */
struct xdb_account *xdb_account_new(void)
{
	return new_account(get_answerable_uid());
}

/* The lock is held, so that nothing finds the account meanwhile. */
static void free_account(struct kref *ref)
{
	struct xdb_account *account =
		container_of(ref, struct xdb_account, ref);

	if (!RB_EMPTY_NODE(&account->node))
		rb_erase(&account->node, &account_users);
	kfree(account);
}

void xdb_account_put(struct xdb_account *account)
{
	spin_lock(&account_lock);
	if (account)
		kref_put(&account->ref, free_account);
	spin_unlock(&account_lock);
}

static bool is_before(struct rb_node *a, const struct rb_node *b)
{
	return uid_lt(rb_entry(a, struct xdb_account, node)->uid,
		      rb_entry(b, struct xdb_account, node)->uid);
}

/* The user with the lowest id from @uid on, or NULL. */
static struct xdb_account *find_account_from(kuid_t uid)
{
	struct xdb_account *user, *found = NULL;
	struct rb_node *node;

	lockdep_assert_held(&account_lock);
	node = account_users.rb_node;
	while (node) {
		user = rb_entry(node, struct xdb_account, node);
		if (uid_lt(user->uid, uid)) {
			node = node->rb_right;
		} else {
			found = user;
			node = node->rb_left;
		}
	}
	return found;
}

static struct xdb_account *find_user_account(kuid_t uid)
{
	struct xdb_account *user = find_account_from(uid);

	return user && uid_eq(user->uid, uid) ? user : NULL;
}

/* The account of a user, with a reference for the caller, or NULL. */
static struct xdb_account *get_user_account(kuid_t uid)
{
	struct xdb_account *fresh = NULL, *user;

	for (;;) {
		spin_lock(&account_lock);
		user = find_user_account(uid);
		if (user) {
			kref_get(&user->ref);
		} else if (fresh) {
			rb_add(&fresh->node, &account_users, is_before);
			user = fresh;
			fresh = NULL;
		}
		spin_unlock(&account_lock);
		if (user)
			break;
		fresh = new_account(uid);
		if (!fresh)
			return NULL;
	}
	kfree(fresh);
	return user;
}

/* Add a user to the list, once.  Returns the number of users. */
static int add_user(kuid_t uid[XDB_USERS], int nr, kuid_t user)
{
	int i;

	for (i = 0; i < nr; i++)
		if (uid_eq(uid[i], user))
			return nr;
	uid[nr] = user;
	return nr + 1;
}

/* The users who answer for the calling process; the caller is the first. */
static int list_callers(kuid_t uid[XDB_USERS])
{
	return add_user(uid, add_user(uid, 0, current_uid()),
			get_answerable_uid());
}

/*
 * The users who pay for a call on a file (NULL: of another kernel module); the caller
 * is the first.  Returns their number.
 */
static int list_users(const struct xdb_account *file, kuid_t uid[XDB_USERS])
{
	if (!file)
		return add_user(uid, 0, GLOBAL_ROOT_UID);
	return add_user(uid, list_callers(uid), file->uid);
}

static int get_users(struct xdb_payers *payers, const kuid_t uid[XDB_USERS],
		     int nr)
{
	int i;

	*payers = (struct xdb_payers){
		.account[XDB_PAYER_ALL] = &domain_account,
	};
	for (i = 0; i < nr; i++) {
		struct xdb_account *user = get_user_account(uid[i]);

		if (!user) {
			xdb_payers_put(payers);
			return -ENOMEM;
		}
		payers->account[XDB_PAYER_CALLER + i] = user;
	}
	return 0;
}

/**
 * xdb_payers_get - get the accounts that a new lease is charged to
 * @payers: filled in; xdb_payers_put() releases them
 * @file: the account of the open file, NULL for another kernel module
 *
 * Return: 0 or -ENOMEM.
 */
int xdb_payers_get(struct xdb_payers *payers, struct xdb_account *file)
{
	kuid_t uid[XDB_USERS];
	int ret = get_users(payers, uid, list_users(file, uid));

	if (ret)
		return ret;
	/* The caller holds a reference, so the count is not 0. */
	if (file)
		kref_get(&file->ref);
	payers->account[XDB_PAYER_FILE] = file;
	return 0;
}

/**
 * xdb_payers_get_caller - get the accounts of the calling process's users
 * @payers: filled in; xdb_payers_put() releases them
 *
 * Return: 0 or -ENOMEM.
 */
int xdb_payers_get_caller(struct xdb_payers *payers)
{
	kuid_t uid[XDB_USERS];

	return get_users(payers, uid, list_callers(uid));
}

void xdb_payers_put(struct xdb_payers *payers)
{
	int i;

	for (i = XDB_PAYER_FILE; i < XDB_PAYER_NR; i++)
		xdb_account_put(payers->account[i]);
}

/**
 * xdb_charge - charge pages, before they are mapped or granted
 * @payers: all of these accounts are charged, or none
 * @pool: for what the pages are charged
 * @nr: number of pages
 *
 * Return: 0, or -EDQUOT if a limit would be exceeded.
 */
int xdb_charge(const struct xdb_payers *payers, enum xdb_pool pool,
	       unsigned int nr)
{
	unsigned int limit[XDB_LEVEL_NR];
	int i, ret = 0;

	xdb_limits(pool, limit);
	spin_lock(&account_lock);
	for (i = 0; i < XDB_PAYER_NR; i++) {
		const struct xdb_account *account = payers->account[i];
		unsigned int most = limit[get_level(i)];

		if (account && (account->used[pool] > most ||
				nr > most - account->used[pool]))
			ret = -EDQUOT;
	}
	for (i = 0; i < XDB_PAYER_NR && !ret; i++)
		if (payers->account[i])
			payers->account[i]->used[pool] += nr;
	granted_peak = max(granted_peak, domain_account.used[XDB_POOL_GRANTED]);
	spin_unlock(&account_lock);
	return ret;
}

/* Takes the spinlock alone and never sleeps: mmu notifiers call it. */
void xdb_uncharge(const struct xdb_payers *payers, enum xdb_pool pool,
		  unsigned int nr)
{
	int i;

	spin_lock(&account_lock);
	for (i = 0; i < XDB_PAYER_NR; i++)
		if (payers->account[i])
			payers->account[i]->used[pool] -= nr;
	spin_unlock(&account_lock);
}

unsigned int xdb_pool_used(enum xdb_pool pool)
{
	return READ_ONCE(domain_account.used[pool]);
}

/* Number of references that this driver once used and has freed since. */
static unsigned int count_freed_grants(void)
{
	unsigned int n;

	spin_lock(&account_lock);
	n = granted_peak - domain_account.used[XDB_POOL_GRANTED];
	spin_unlock(&account_lock);
	return n;
}

/**
 * xdb_grant_budget - estimate how many references can still be granted
 * @total: references that the grant table can hold at its largest size
 * @left: an estimate of how many of them are free
 *
 * The kernel does not tell modules how many entries of the table are free.  The
 * estimate is what the table can still grow by, and what this driver itself
 * once used and has freed since.
 */
void xdb_grant_budget(unsigned int *total, unsigned int *left)
{
	unsigned int growth;

	xdb_grant_table_size(total, &growth);
	*left = min(growth + count_freed_grants(), *total);
}

unsigned int xdb_account_used(const struct xdb_account *account,
			      enum xdb_pool pool)
{
	return READ_ONCE(account->used[pool]);
}

/**
 * xdb_user_used - pages charged to the users who would pay for a call
 * @file: the account of the file that the calling process would call
 * @pool: for what they are charged
 *
 * Return: the pages of the user who is charged for most.
 */
unsigned int xdb_user_used(const struct xdb_account *file, enum xdb_pool pool)
{
	const struct xdb_account *user;
	unsigned int used = 0;
	kuid_t uid[XDB_USERS];
	int nr = list_users(file, uid);

	spin_lock(&account_lock);
	while (nr--) {
		user = find_user_account(uid[nr]);
		if (user)
			used = max(used, user->used[pool]);
	}
	spin_unlock(&account_lock);
	return used;
}

/* The user who called MAP or GRANT. */
kuid_t xdb_payers_uid(const struct xdb_payers *payers)
{
	return payers->account[XDB_PAYER_CALLER]->uid;
}

/**
 * xdb_user_usage - look at one user after the other
 * @uid: look for the lowest id from this one on
 * @usage: filled in
 *
 * Return: false if there is no such user.
 */
bool xdb_user_usage(u32 uid, struct xdb_usage *usage)
{
	const struct xdb_account *user;

	spin_lock(&account_lock);
	user = find_account_from(KUIDT_INIT(uid));
	if (user) {
		usage->uid = __kuid_val(user->uid);
		memcpy(usage->used, user->used, sizeof(usage->used));
	}
	spin_unlock(&account_lock);
	return user;
}
