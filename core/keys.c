/* SPDX-License-Identifier: Apache-2.0 */
/* Debug keys: one const table. The letters are those Xen's users know. */
#include "core/keys.h"

#include "core/arch.h"
#include "core/domain.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/printk.h"

/* A debug key shows the first `most` of what it finds and counts the others. */
struct shown {
	unsigned most, count;
};

static bool shows_another(struct shown *shown)
{
	return shown->count++ < shown->most;
}

static void say_rest(const struct shown *shown, const char *what)
{
	if (shown->count > shown->most)
		log_info("  and %u more %s", shown->count - shown->most, what);
}

/* domain_get_next() after d, which is put. */
static struct domain *next_of(struct domain *d)
{
	domain_id_t next = (domain_id_t)(d->id + 1);

	domain_put(d);
	return domain_get_next(next);
}

static void for_each_domain_do(void (*dump)(struct domain *d))
{
	struct shown domains = { .most = KEYS_DOMAINS_MAX };

	for (struct domain *d = domain_get_next(0); d; d = next_of(d)) {
		if (shows_another(&domains))
			dump(d);
	}
	say_rest(&domains, "domains");
}

/* for_each_domain_do() for a key that shows at most vcpus_most vCPUs. */
static void for_each_domain_and_vcpu_do(
		void (*dump)(struct domain *d, struct shown *vcpus), unsigned vcpus_most)
{
	struct shown domains = { .most = KEYS_DOMAINS_MAX }, vcpus = { .most = vcpus_most };

	for (struct domain *d = domain_get_next(0); d; d = next_of(d)) {
		if (shows_another(&domains))
			dump(d, &vcpus);
	}
	say_rest(&vcpus, "vCPUs");
	say_rest(&domains, "domains");
}

static const char *state_name(const struct vcpu *v)
{
	static const char *const names[] = { "running", "runnable", "blocked", "offline" };

	if (!v->online)
		return "down";
	return names[sched_runstate(v).state];
}

static void print_domain(struct domain *d, struct shown *vcpus)
{
	log_info("d%u: %llu of at most %llu pages, %u vCPUs, %s%s%s%s", d->id,
			(unsigned long long)d->tot_pages, (unsigned long long)d->max_pages,
			d->vcpus_count, d->dying ? "dying " : "", d->shut_down ? "shut down " : "",
			d->controller_pause_count ? "paused " : "",
			d == hardware_domain ? "hardware domain" : "");
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		const struct vcpu *v = domain_vcpu(d, i);

		if (v && shows_another(vcpus))
			log_info("    d%uv%u: CPU %u, %s, paused %u times, ran %llu ms", d->id, i,
					v->sched.cpu, state_name(v), (unsigned)v->sched.pause_count,
					(unsigned long long)(sched_vcpu_time(v) / NS_PER_MS));
	}
}

static void print_registers_of(struct domain *d, struct shown *vcpus)
{
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		const struct vcpu *v = domain_vcpu(d, i);

		if (v && v->online && shows_another(vcpus))
			arch_vcpu_dump(v);
	}
}

static void print_registers(void)
{
	for_each_domain_and_vcpu_do(print_registers_of, KEYS_REGISTERS_MAX);
}

static void print_domains(void)
{
	for_each_domain_and_vcpu_do(print_domain, KEYS_VCPUS_MAX);
}

static void print_memory_of(struct domain *d)
{
	log_info("    d%u: %llu MiB, %llu KiB of stage-2 tables", d->id,
			(unsigned long long)(d->tot_pages >> 8),
			(unsigned long long)(d->p2m.table_pages << 2));
}

static void print_memory(void)
{
	log_info("memory: %llu MiB, %llu KiB free; Graft's heap %zu bytes",
			(unsigned long long)(page_count_total() >> 8),
			(unsigned long long)(page_count_free() << 2), heap_bytes_used());
	for_each_domain_do(print_memory_of);
}

static void print_evtchns(void)
{
	for_each_domain_do(evtchn_dump);
}

static void print_grants(void)
{
	for_each_domain_do(grant_dump);
}

static void print_interrupts(void)
{
	for_each_domain_do(arch_domain_dump_irqs);
}

static void reboot(void)
{
	log_warn("reboot, as asked by debug key");
	arch_machine_reset();
}

/* A trap instruction takes the very path of a fault in Graft. */
static void crash(void)
{
	__builtin_trap();
}

static void print_help(void);

static const struct key {
	char key;
	const char *what;
	void (*run)(void);
} table[] = {
	{ 'C', "crash Graft: a report of its own state, and the end", crash },
	{ 'R', "reboot the machine", reboot },
	{ 'd', "registers of all vCPUs that are up", print_registers },
	{ 'e', "event channels", print_evtchns },
	{ 'g', "grant tables", print_grants },
	{ 'h', "this list", print_help },
	{ 'i', "virtual interrupts", print_interrupts },
	{ 'm', "memory", print_memory },
	{ 'q', "domains and vCPUs", print_domains },
	{ 'r', "run queues", sched_dump },
};

static void print_help(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		log_info("    key '%c': %s", table[i].key, table[i].what);
}

void keys_handle(char key)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].key == key) {
			log_info("'%c': %s", key, table[i].what);
			table[i].run();
			return;
		}
	}
	log_info("no debug key 0x%02x; 'h' lists them", (unsigned)(unsigned char)key);
}
