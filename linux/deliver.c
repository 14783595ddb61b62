// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overlays that the toolstack hands over through XenStore: docs/deliver.md. Applied and removed like
 * those of configfs, in one order with them, but only the toolstack takes one away again.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "dt-overlay-configfs.h"

/* XenStore takes paths that begin so as below this domain's own folder. */
#define ASKED     "device-tree-overlay"
#define ANSWERED  "data/device-tree-overlay"
#define PIECE     1024
#define BLOB_MAX  SZ_1M
#define PATH_ROOM 128

struct request {
	u64 sequence;
	char verb[16];
	char name[64];
	unsigned int size;
};

/* -ENOENT: nothing is asked. */
static int read_request(struct xenbus_transaction at, struct request *request)
{
	char *text = xenbus_read(at, ASKED, "request", NULL);
	int count;

	if (IS_ERR(text))
		return PTR_ERR(text);
	memset(request, 0, sizeof(*request));
	count = sscanf(text, "%llu %15s %63s %u", &request->sequence, request->verb, request->name,
	               &request->size);
	kfree(text);
	return count >= 3 && request->sequence && !strchr(request->name, '/') ? 0 : -EINVAL;
}

static int answer_in(struct xenbus_transaction at, const struct request *request, int error,
                     const char *why)
{
	if (error)
		return xenbus_printf(at, ANSWERED, "reply", "%llu refused %d %s", request->sequence,
		                     -error, why);
	return xenbus_printf(at, ANSWERED, "reply", "%llu %s", request->sequence, why);
}

static void answer(const struct request *request, int error, const char *why)
{
	error = answer_in(XBT_NIL, request, error, why);
	if (error)
		pr_err("dt-overlay-configfs: XenStore takes no answer: %pe\n", ERR_PTR(error));
}

static int answer_if_asked(const struct request *request)
{
	struct xenbus_transaction at;
	struct request now;
	int error = xenbus_transaction_start(&at);

	if (error)
		return error;
	error = read_request(at, &now);
	if (!error && now.sequence != request->sequence)
		error = -ENOENT;
	if (!error)
		error = answer_in(at, request, 0, "done");
	return xenbus_transaction_end(at, error) ?: error;
}

/*
 * Says that it is done, unless nobody waits any more: the two cannot cross, since the toolstack looks for
 * an answer after it has taken the request away.
 */
static int answer_done(const struct request *request)
{
	int error;

	do
		error = answer_if_asked(request);
	while (error == -EAGAIN);
	return error;
}

static int read_piece(const struct request *request, u8 *blob, unsigned int number)
{
	unsigned int at = number * PIECE, size = min(request->size - at, (unsigned int)PIECE);
	unsigned int length = 0;
	char dir[PATH_ROOM], node[12];
	void *piece;

	snprintf(dir, sizeof(dir), ASKED "/overlays/%s", request->name);
	snprintf(node, sizeof(node), "%u", number);
	piece = xenbus_read(XBT_NIL, dir, node, &length);
	if (IS_ERR(piece))
		return PTR_ERR(piece);
	if (length == size)
		memcpy(blob + at, piece, size);
	kfree(piece);
	return length == size ? 0 : -EINVAL;
}

static u8 *read_blob(const struct request *request)
{
	unsigned int count = DIV_ROUND_UP(request->size, PIECE);
	u8 *blob;
	int error = 0;

	if (!request->size || request->size > BLOB_MAX)
		return ERR_PTR(-EFBIG);
	blob = kvmalloc(request->size, GFP_KERNEL);
	if (!blob)
		return ERR_PTR(-ENOMEM);
	for (unsigned int i = 0; i < count && !error; i++)
		error = read_piece(request, blob, i);
	if (!error)
		return blob;
	kvfree(blob);
	return ERR_PTR(error);
}

/* One that is not there needs no removing: a kernel that was started anew has none. */
static int remove(const struct request *request)
{
	struct overlay *overlay = overlay_delivered(request->name);
	struct overlay *user = overlay ? overlay_next_user(overlay, NULL) : NULL;
	int error;

	if (!overlay)
		return 0;
	if (user)
		return overlay_refuse(-EBUSY, "%s builds on it: remove that first",
		                      config_item_name(&user->item));
	error = overlay_remove(overlay);
	if (!error)
		module_put(THIS_MODULE);
	return error;
}

/*
 * Takes the overlay's name; su_mutex is held. Dom0 asks when it has given the device to this domain, which did
 * not have it then: one that is applied already was left behind when the device was taken by force.
 */
static int apply_new(const struct request *request, const u8 *blob)
{
	struct overlay *overlay;
	int error = remove(request);

	if (error)
		return error;
	overlay = overlay_new(request->name);
	if (!overlay)
		return -ENOMEM;
	overlay->delivered = true;
	error = overlay_apply(overlay, blob, request->size);
	if (error)
		overlay_drop(overlay);
	return error;
}

/* What is applied holds the module, as a folder of configfs does. */
static int apply(const struct request *request)
{
	u8 *blob = read_blob(request);
	int error;

	if (IS_ERR(blob))
		return overlay_refuse(PTR_ERR(blob), "the blob cannot be read from XenStore");
	if (try_module_get(THIS_MODULE)) {
		error = apply_new(request, blob);
		if (error)
			module_put(THIS_MODULE);
	} else {
		error = overlay_refuse(-ENODEV, "the module is being unloaded");
	}
	kvfree(blob);
	return error;
}

static int carry_out(const struct request *request)
{
	if (!strcmp(request->verb, "apply"))
		return apply(request);
	if (!strcmp(request->verb, "remove"))
		return remove(request);
	return overlay_refuse(-EOPNOTSUPP,
	                      "the module does not know '%s': it is older than graftctl",
	                      request->verb);
}

static int handle_locked(const struct request *request)
{
	int error = carry_out(request);

	if (!error && answer_done(request)) {
		/* What was to be used there may be gone. */
		if (!strcmp(request->verb, "apply"))
			remove(request);
		return overlay_refuse(-ETIMEDOUT, "it was done too late");
	}
	return error;
}

static void handle(const struct request *request)
{
	char why[REASON_ROOM];
	int error;

	mutex_lock(&overlay_subsystem.su_mutex);
	overlay_refuse(0, "%s", "");
	error = handle_locked(request);
	if (error && !*overlay_reason())
		overlay_refuse(error, "%pe: the kernel's log (dmesg) may say more", ERR_PTR(error));
	strscpy(why, overlay_reason(), sizeof(why));
	mutex_unlock(&overlay_subsystem.su_mutex);
	pr_info("dt-overlay-configfs: Dom0: %s %s: %s\n", request->verb, request->name,
	        error ? why : "done");
	if (error)
		answer(request, error, why);
}

static void announce(void)
{
	int error = xenbus_write(XBT_NIL, ANSWERED, "version", "1");

	if (error)
		pr_warn("dt-overlay-configfs: no delivery from Dom0: XenStore's '%s' cannot be written: %pe\n",
		        ANSWERED, ERR_PTR(error));
}

/* A watch fires when it is set, too, and again for what was written while this ran. */
static void look(struct work_struct *work)
{
	static u64 answered;
	struct request request;

	/* Each time: in a domain that was restored elsewhere it is not there yet. */
	announce();
	if (read_request(XBT_NIL, &request) || request.sequence == answered)
		return;
	answered = request.sequence;
	answer(&request, 0, "working");
	handle(&request);
}

static DECLARE_WORK(look_work, look);

/* Drivers that are bound may themselves wait for XenStore, so not in the thread that serves watches. */
static void on_watch(struct xenbus_watch *watch, const char *path, const char *token)
{
	queue_work(system_long_wq, &look_work);
}

static struct xenbus_watch request_watch = {
	.node = ASKED "/request",
	.callback = on_watch,
};
static bool watching;

/* XenStore is there: in Dom0, that may be long after the module is. */
static int on_store(struct notifier_block *block, unsigned long action, void *data)
{
	int error = watching ? 0 : register_xenbus_watch(&request_watch);

	if (error)
		pr_err("dt-overlay-configfs: no delivery from Dom0: cannot watch XenStore: %pe\n",
		       ERR_PTR(error));
	else
		watching = true;
	return NOTIFY_DONE;
}

static struct notifier_block store_block = { .notifier_call = on_store };

void deliver_start(void)
{
	if (xen_domain())
		register_xenstore_notifier(&store_block);
}

void deliver_stop(void)
{
	if (!xen_domain())
		return;
	unregister_xenstore_notifier(&store_block);
	if (!watching)
		return;
	unregister_xenbus_watch(&request_watch);
	cancel_work_sync(&look_work);
	xenbus_rm(XBT_NIL, ANSWERED, "");
}
