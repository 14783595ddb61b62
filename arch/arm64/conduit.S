/* SPDX-License-Identifier: Apache-2.0 */
/* The instruction that calls firmware: arguments and result are where the procedure call standard has them. */
	.text
	.globl conduit_smc
conduit_smc:
	smc	#0
	ret
