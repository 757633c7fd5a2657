/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker: one confined process for each guest, which alone reads what it sends.
 *
 * It has the channels of the guest's programs and a compositor's socket for each, and
 * can get no other descriptor but memory of its own.
 */
#ifndef XWL_HOST_WORKER_WORKER_H
#define XWL_HOST_WORKER_WORKER_H

#define XWL_WORKER_COMMAND "worker" /* the argument that starts one */
#define XWL_WORKER_SOCKET 3 /* where it finds its orders */

/**
 * xwl_worker_run - obey the orders of @socket until its other end closes
 *
 * Return: 0 or a negative errno value, which is logged.
 */
int xwl_worker_run(int socket);

#endif
