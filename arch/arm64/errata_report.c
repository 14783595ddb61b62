/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of core, its errata and what is done, in the log of the boot. */
#include "arch/arm64/counter.h"
#include "arch/arm64/errata_priv.h"
#include "arch/arm64/harden.h"
#include "arch/arm64/id_regs.h"
#include "core/printk.h"

static const struct {
	uint32_t model;
	const char *name;
} names[] = {
	{ ARM(0xd01), "Cortex-A32" },
	{ ARM(0xd02), "Cortex-A34" },
	{ ARM(0xd03), "Cortex-A53" },
	{ ARM(0xd04), "Cortex-A35" },
	{ ARM(0xd05), "Cortex-A55" },
	{ ARM(0xd06), "Cortex-A65" },
	{ ARM(0xd07), "Cortex-A57" },
	{ ARM(0xd08), "Cortex-A72" },
	{ ARM(0xd09), "Cortex-A73" },
	{ ARM(0xd0a), "Cortex-A75" },
	{ ARM(0xd0b), "Cortex-A76" },
	{ ARM(0xd0c), "Neoverse N1" },
	{ ARM(0xd0d), "Cortex-A77" },
	{ ARM(0xd0e), "Cortex-A76AE" },
	{ ARM(0xd40), "Neoverse V1" },
	{ ARM(0xd41), "Cortex-A78" },
	{ ARM(0xd42), "Cortex-A78AE" },
	{ ARM(0xd43), "Cortex-A65AE" },
	{ ARM(0xd44), "Cortex-X1" },
	{ ARM(0xd46), "Cortex-A510" },
	{ ARM(0xd47), "Cortex-A710" },
	{ ARM(0xd48), "Cortex-X2" },
	{ ARM(0xd49), "Neoverse N2" },
	{ ARM(0xd4a), "Neoverse E1" },
	{ ARM(0xd4b), "Cortex-A78C" },
	{ ARM(0xd4c), "Cortex-X1C" },
	{ ARM(0xd4d), "Cortex-A715" },
	{ ARM(0xd4e), "Cortex-X3" },
	{ ARM(0xd4f), "Neoverse V2" },
	{ ARM(0xd80), "Cortex-A520" },
	{ ARM(0xd81), "Cortex-A720" },
	{ ARM(0xd82), "Cortex-X4" },
	{ ARM(0xd83), "Neoverse V3AE" },
	{ ARM(0xd84), "Neoverse V3" },
	{ ARM(0xd85), "Cortex-X925" },
	{ ARM(0xd87), "Cortex-A725" },
	{ ARM(0xd89), "Cortex-A720AE" },
	{ ARM(0xd8a), "C1-Nano" },
	{ ARM(0xd8b), "C1-Pro" },
	{ ARM(0xd8c), "C1-Ultra" },
	{ ARM(0xd8e), "Neoverse N3" },
	{ ARM(0xd90), "C1-Premium" },
	{ BRAHMA_B53, "Brahma-B53" },
	{ VULCAN, "ThunderX2 (Vulcan)" },
	{ CAVIUM(0x0a1), "ThunderX T88" },
	{ CAVIUM(0x0a2), "ThunderX T81" },
	{ CAVIUM(0x0a3), "ThunderX T83" },
	{ CAVIUM(0x0af), "ThunderX2" },
	{ CAVIUM(0x0b1), "OcteonTX2 98xx" },
	{ CAVIUM(0x0b2), "OcteonTX2 96xx" },
	{ CAVIUM(0x0b3), "OcteonTX2 95xx" },
	{ CAVIUM(0x0b4), "OcteonTX2 95xxN" },
	{ CAVIUM(0x0b5), "OcteonTX2 95xxMM" },
	{ CAVIUM(0x0b6), "OcteonTX2 95xxO" },
	{ A64FX, "A64FX" },
	{ TSV110, "TSV110 (Kunpeng 920)" },
	{ HIP09, "HiSilicon HIP09" },
	{ NVIDIA(0x003), "NVIDIA Denver 2" },
	{ NVIDIA(0x004), "NVIDIA Carmel" },
	{ OLYMPUS, "NVIDIA Olympus" },
	{ QUALCOMM(0x001), "Oryon" },
	{ QUALCOMM(0x201), "Kryo" },
	{ QUALCOMM(0x205), "Kryo" },
	{ QUALCOMM(0x211), "Kryo" },
	{ QUALCOMM(0x800), "Kryo 2xx Gold or Falkor" },
	{ KRYO_2XX_SILVER, "Kryo 2xx Silver" },
	{ QUALCOMM(0x802), "Kryo 3xx Gold" },
	{ KRYO_3XX_SILVER, "Kryo 3xx Silver" },
	{ KRYO_4XX_GOLD, "Kryo 4xx Gold" },
	{ KRYO_4XX_SILVER, "Kryo 4xx Silver" },
	{ QUALCOMM(0xc00), "Falkor" },
	{ COBALT_100, "Azure Cobalt 100" },
	{ AMPERE1, "AmpereOne AC03" },
	{ AMPERE1A, "AmpereOne AC04" },
};

static void report_speculation(const struct cpu *cpu)
{
	static const char *const done[HARDEN_KINDS] = {
		[HARDEN_NONE] = "safe by itself",
		[HARDEN_LOOP] = "history cleared by branches at each exit of a guest",
		[HARDEN_CLRBHB] = "history cleared by CLRBHB at each exit of a guest",
		[HARDEN_FIRMWARE] = "cleared by firmware at each exit of a guest",
	};
	const char *text = done[cpu->arch.harden];

	if (text)
		log_info("  branch prediction: %s; store bypass: %s", text,
				harden_store_bypass(cpu));
	else
		log_warn("  branch prediction: a guest may steer Graft's, firmware offers no SMCCC_ARCH_WORKAROUND_1 or 3;"
			 " store bypass: %s",
				harden_store_bypass(cpu));
}

static const char *name_of(uint32_t midr)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].model == (midr & MIDR_MODEL))
			return names[i].name;
	return "a core that Graft has no name for";
}

static void report_erratum(const struct erratum *e)
{
	if (e->done && e->warn)
		log_warn("  erratum %s: %s", e->name, e->done);
	else if (e->done)
		log_info("  erratum %s: %s", e->name, e->done);
}

static void report_kind(const struct cpu *cpu)
{
	bool other = !(cpu->alike & BIT(0));
	uint32_t midr = cpu->arch.midr;
	char list[CPU_LIST_MAX];

	cpu_list(cpu->alike, list);
	log_info("%s: %s r%up%u (MIDR %08x)%s", list, name_of(midr), errata_revision(midr) >> 4,
			errata_revision(midr) & 15, midr,
			other ? ", not CPU 0's: a vCPU stays on CPUs of one MIDR" : "");
	for (const struct erratum *e = NULL; (e = errata_next(midr, e));)
		report_erratum(e);
	report_speculation(cpu);
}

static bool is_first_of_kind(unsigned id)
{
	return (cpus[id].alike & (BIT(id) - 1)) == 0;
}

static void report_id_regs(void)
{
	unsigned count = id_regs_narrowed();

	if (count)
		log_info("ID registers: %u differ between CPUs, guests read what all CPUs have",
				count);
}

static void report_counter(void)
{
	const char *name = counter_erratum_name();

	if (name)
		log_warn("counter: erratum %s: read until it is right; a DomU's tree does not say so, its clock may jump",
				name);
}

void errata_report(void)
{
	for (unsigned i = 0; i < cpu_count; i++)
		if (is_first_of_kind(i))
			report_kind(&cpus[i]);
	report_id_regs();
	report_counter();
}
