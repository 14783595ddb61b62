/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from the tests, since libc's <sched.h> and core/sched.h share a name. */
#include "tests/unit/hammer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct hammer {
	pthread_t thread;
	uint32_t *word;
	uint32_t values[2];
	atomic_bool stop;
};

static void *run(void *data)
{
	struct hammer *h = data;

	for (unsigned i = 0; !atomic_load(&h->stop); i++)
		__atomic_store_n(h->word, h->values[i % 2], __ATOMIC_RELAXED);
	return NULL;
}

struct hammer *hammer_start(uint32_t *word, uint32_t first, uint32_t second)
{
	struct hammer *h = calloc(1, sizeof(*h));

	if (h == NULL)
		abort();
	h->word = word;
	*word = first;
	h->values[0] = first;
	h->values[1] = second;
	if (pthread_create(&h->thread, NULL, run, h) != 0)
		abort();
	return h;
}

void hammer_stop(struct hammer *h)
{
	atomic_store(&h->stop, true);
	pthread_join(h->thread, NULL);
	free(h);
}
