/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the EL2 system registers that Graft programs or decodes (Arm ARM D19). */
#pragma once

#include "lib/bits.h"

/* HCR_EL2 */
#define HCR_VM        BIT(0)
#define HCR_SWIO      BIT(1)
#define HCR_PTW       BIT(2)
#define HCR_FMO       BIT(3)
#define HCR_IMO       BIT(4)
#define HCR_AMO       BIT(5)
#define HCR_VSE       BIT(8) /* a virtual SError is pending */
#define HCR_FB        BIT(9)
#define HCR_BSU_INNER BIT(10)
#define HCR_TWI       BIT(13)
#define HCR_TID3      BIT(18)
#define HCR_TSC       BIT(19)
#define HCR_TIDCP     BIT(20)
#define HCR_TACR      BIT(21)
#define HCR_TSW       BIT(22) /* data cache maintenance by set and way */
#define HCR_TVM       BIT(26) /* writes of stage 1's control registers */
#define HCR_RW        BIT(31)
#define HCR_TLOR      BIT(35) /* LORegions, and below error records: the machine's, not a guest's */
#define HCR_TERR      BIT(36)

/* Fine-grained traps, by encoding: assemblers may not know them. */
#define HCRX_EL2     S3_4_C1_C2_2
#define HFGRTR_EL2   S3_4_C1_C1_4
#define HFGWTR_EL2   S3_4_C1_C1_5
#define HFGITR_EL2   S3_4_C1_C1_6
#define HDFGRTR_EL2  S3_4_C3_C1_4
#define HDFGWTR_EL2  S3_4_C3_C1_5
#define HDFGRTR2_EL2 S3_4_C3_C1_0
#define HDFGWTR2_EL2 S3_4_C3_C1_1
#define HFGRTR2_EL2  S3_4_C3_C1_2
#define HFGWTR2_EL2  S3_4_C3_C1_3
#define HFGITR2_EL2  S3_4_C3_C1_7

/* FEAT_RAS, by encoding. */
#define VSESR_EL2 S3_4_C5_C2_3
#define VSESR_IDS BIT(24) /* the syndrome is implementation defined */
#define VDISR_EL2 S3_4_C12_C1_1

/* ISR_EL1: what is pending for the exception level that reads it */
#define ISR_F BIT(6)
#define ISR_I BIT(7)
#define ISR_A BIT(8)

/* ESR_EL2 */
#define ESR_EC  GENMASK(31, 26)
#define ESR_IL  BIT(25)
#define ESR_ISS GENMASK(24, 0)

enum esr_ec {
	EC_UNKNOWN = 0x00,
	EC_WFX = 0x01,
	EC_PAUTH = 0x09,
	EC_CP14_64 = 0x0c, /* MRRC and MCRR of AArch32 */
	EC_HVC64 = 0x16,
	EC_SMC64 = 0x17,
	EC_SYSREG = 0x18,
	EC_SVE = 0x19,
	EC_SME = 0x1d,
	EC_INSN_ABORT_LOWER = 0x20,
	EC_INSN_ABORT_SAME = 0x21,
	EC_DATA_ABORT_LOWER = 0x24,
	EC_DATA_ABORT_SAME = 0x25,
	EC_SERROR = 0x2f,
	EC_COUNT = 64,
};

/* From EC_WFX to EC_CP14_64, where the instruction was an AArch32 one */
#define ISS_CV   BIT(24)
#define ISS_COND GENMASK(23, 20)

#define ISS_HVC_IMM GENMASK(15, 0)
#define ISS_WFX_TI  BIT(0) /* 0: WFI */

/* Data and instruction aborts */
#define ISS_ABORT_ISV   BIT(24)
#define ISS_ABORT_SAS   GENMASK(23, 22)
#define ISS_ABORT_SSE   BIT(21)
#define ISS_ABORT_SRT   GENMASK(20, 16)
#define ISS_ABORT_SF    BIT(15)
#define ISS_ABORT_FNV   BIT(10)
#define ISS_ABORT_EA    BIT(9)
#define ISS_ABORT_S1PTW BIT(7)
#define ISS_ABORT_WNR   BIT(6)
#define ISS_ABORT_FSC   GENMASK(5, 0)
#define FSC_TYPE        GENMASK(5, 2)
#define FSC_TRANSLATION 1
#define FSC_ACCESS      2
#define FSC_PERMISSION  3
#define FSC_EXTERNAL    0x10

#define HPFAR_FIPA GENMASK(43, 4)

/* System register traps: the encoding without direction and transfer register. */
#define ISS_SYSREG_OP0  GENMASK(21, 20)
#define ISS_SYSREG_OP2  GENMASK(19, 17)
#define ISS_SYSREG_OP1  GENMASK(16, 14)
#define ISS_SYSREG_CRN  GENMASK(13, 10)
#define ISS_SYSREG_RT   GENMASK(9, 5)
#define ISS_SYSREG_CRM  GENMASK(4, 1)
#define ISS_SYSREG_READ BIT(0)
#define ISS_SYSREG_ENCODING                                                                        \
	(ISS_SYSREG_OP0 | ISS_SYSREG_OP1 | ISS_SYSREG_CRN | ISS_SYSREG_CRM | ISS_SYSREG_OP2)
#define SYSREG(op0, op1, crn, crm, op2)                                                            \
	((uint32_t)(FIELD_PREP(ISS_SYSREG_OP0, op0) | FIELD_PREP(ISS_SYSREG_OP1, op1) |            \
			FIELD_PREP(ISS_SYSREG_CRN, crn) | FIELD_PREP(ISS_SYSREG_CRM, crm) |        \
			FIELD_PREP(ISS_SYSREG_OP2, op2)))

/* CPTR_EL2 with E2H clear */
#define CPTR_RES1  0x32ff
#define CPTR_TTA   BIT(20)
#define CPTR_TCPAC BIT(31)
#define CPTR_TAM   BIT(30)
#define CPTR_TSM   BIT(12)
#define CPTR_TFP   BIT(10)
#define CPTR_TZ    BIT(8)

/* MDCR_EL2 */
#define MDCR_TPMCR BIT(5)
#define MDCR_TPM   BIT(6)
#define MDCR_TDE   BIT(8)
#define MDCR_TDA   BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TDRA  BIT(11)
#define MDCR_TPMS  BIT(14)
#define MDCR_TTRF  BIT(19)
#define MDCR_E2PB  BIT(12)

/* CNTHCTL_EL2 with E2H clear */
#define CNTHCTL_EL1PCTEN BIT(0)
#define CNTHCTL_EL1PCEN  BIT(1)

/* CNT*_CTL */
#define TIMER_ENABLE  BIT(0)
#define TIMER_IMASK   BIT(1)
#define TIMER_ISTATUS BIT(2)
#define TIMER_ALL     (TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS)

/* PSTATE as SPSR_EL2 keeps it */
#define PSTATE_MODE    GENMASK(4, 0) /* AArch64 when bit 4 is clear */
#define PSTATE_AARCH32 BIT(4)
#define PSTATE_EL1H    0x5
#define PSTATE_EL1T    0x4
#define PSTATE_F       BIT(6)
#define PSTATE_I       BIT(7)
#define PSTATE_A       BIT(8)
#define PSTATE_D       BIT(9)
#define PSTATE_BTYPE   GENMASK(11, 10)
#define PSTATE_SSBS    BIT(12)
#define PSTATE_IL      BIT(20)
#define PSTATE_SS      BIT(21)
#define PSTATE_PAN     BIT(22)
#define PSTATE_UAO     BIT(23)
#define PSTATE_DIT     BIT(24)
#define PSTATE_TCO     BIT(25)
#define PSTATE_V       BIT(28)
#define PSTATE_C       BIT(29)
#define PSTATE_Z       BIT(30)
#define PSTATE_N       BIT(31)
#define PSTATE_NZCV    GENMASK(31, 28)
#define PSTATE_DAIF    (PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F)

/* SCTLR_EL1 */
#define SCTLR_M         BIT(0)
#define SCTLR_C         BIT(2)
#define SCTLR_SPAN      BIT(23)
#define SCTLR_DSSBS     BIT(44)
#define SCTLR_EL1_RESET UINT64_C(0x30d00800) /* RES1 bits; MMU and caches off */
