/* SPDX-License-Identifier: GPL-2.0-only */
/* Connections that are served at the same time, by a process each */
#ifndef XT_VISITORS_H
#define XT_VISITORS_H

struct xt_visitors {
	/* take the next connection; 0 or a negative errno value */
	int (*accept)(int listener);
	/* in a process of its own: the one taken; returns its exit status */
	int (*serve)(void);
	/* close it in this process */
	void (*forget)(void);
};

/** xt_visitors_serve - until a signal, or until accepting fails; an exit status */
int xt_visitors_serve(int listener, const struct xt_visitors *ops);

#endif
