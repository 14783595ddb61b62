/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a debugger does: single steps, a hardware breakpoint and a hardware watchpoint, each seen by ptrace.
 *	graft-debug ROUNDS [CPU]		prints "debug ok" when every one of them came, where it was asked for
 */
#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asm/ptrace.h>

#define STEPS       100
#define TRAP_DEBUG  4 /* TRAP_HWBKPT */
#define EXECUTE_EL0 (0xfU << 5 | 2U << 1 | 1) /* DBGBCR: four bytes, EL0, on */
#define STORE_EL0   (0xffU << 5 | 2U << 3 | 2U << 1 | 1) /* DBGWCR: eight bytes, stores, EL0, on */

static volatile uint64_t watched;
static volatile unsigned calls;

static __attribute__((noinline)) void target(void)
{
	calls++;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void child(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(1);
	raise(SIGSTOP);
	for (unsigned i = 0; i < 10; i++) {
		target();
		watched = i;
	}
	_exit(0);
}

/* Lets it go on by `how` until it stops; what the stop was for. */
static siginfo_t resume(pid_t pid, int how)
{
	siginfo_t info;
	int status;

	if (ptrace(how, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid)
		fail("resume");
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
		fprintf(stderr, "no trap: status %#x\n", status);
		exit(1);
	}
	if (ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) < 0)
		fail("PTRACE_GETSIGINFO");
	return info;
}

static uint64_t pc_of(pid_t pid)
{
	struct user_pt_regs regs;
	struct iovec iov = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &iov) < 0)
		fail("PTRACE_GETREGSET");
	return regs.pc;
}

static void step(pid_t pid)
{
	for (unsigned i = 0; i < STEPS; i++) {
		uint64_t before = pc_of(pid);

		if (resume(pid, PTRACE_SINGLESTEP).si_code != TRAP_TRACE || pc_of(pid) == before) {
			fprintf(stderr, "step %u did not step\n", i);
			exit(1);
		}
	}
}

/* The first register of a kind; control 0: off. */
static void set_point(pid_t pid, unsigned long kind, uintptr_t address, uint32_t control)
{
	struct user_hwdebug_state state = { 0 };
	struct iovec iov = { &state, offsetof(struct user_hwdebug_state, dbg_regs[1]) };

	state.dbg_regs[0].addr = address;
	state.dbg_regs[0].ctrl = control;
	if (ptrace(PTRACE_SETREGSET, pid, (void *)kind, &iov) < 0)
		fail("PTRACE_SETREGSET");
}

static void meet(pid_t pid, unsigned long kind, uintptr_t address, uint32_t control)
{
	siginfo_t info;

	set_point(pid, kind, address, control);
	info = resume(pid, PTRACE_CONT);
	if (info.si_code != TRAP_DEBUG || (uintptr_t)info.si_addr != address) {
		fprintf(stderr, "code %d at %p, not at %#lx\n", info.si_code, info.si_addr,
				(unsigned long)address);
		exit(1);
	}
	set_point(pid, kind, address, 0);
}

static void debug(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		fail("fork");
	if (pid == 0)
		child();
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		fail("waitpid");
	step(pid);
	meet(pid, NT_ARM_HW_BREAK, (uintptr_t)target, EXECUTE_EL0);
	meet(pid, NT_ARM_HW_WATCH, (uintptr_t)&watched, STORE_EL0);
	if (ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid ||
			!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "the child did not end: status %#x\n", status);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 1;

	if (argc > 2) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET((unsigned)atoi(argv[2]), &set);
		if (sched_setaffinity(0, sizeof(set), &set) < 0)
			fail("sched_setaffinity");
	}
	for (unsigned i = 0; i < rounds; i++)
		debug();
	printf("debug ok\n");
	return 0;
}
