/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions that call firmware: arguments and result are where the procedure call standard has them. */
	.text
	.globl conduit_smc
conduit_smc:
	smc	#0
	ret
	.globl conduit_hvc
conduit_hvc:
	hvc	#0
	ret
