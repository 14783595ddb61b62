/* SPDX-License-Identifier: Apache-2.0 */
/* The image's sections, each group on pages of its own so that it gets its own permissions. */
#include "arch/arm64/layout.h"

OUTPUT_ARCH(aarch64)
ENTRY(image_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
}

SECTIONS
{
	. = LAYOUT_IMAGE_BASE;
	image_start = .;
	.text : {
		KEEP(*(.head.text))
		*(.text .text.*)
	} :text
	. = ALIGN(4096);
	image_text_end = .;
	.rodata : {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		__start_uart_drivers = .;
		KEEP(*(uart_drivers))
		__stop_uart_drivers = .;
	} :rodata
	.note.gnu.build-id : {
		image_build_id = .;
		KEEP(*(.note.gnu.build-id))
	}
	/* Nothing here is linked dynamically: these stay empty, and an assertion says so. */
	.got : { *(.got .got.plt .igot.plt) }
	.iplt : { *(.iplt) }
	.rela : { *(.rela .rela.*) }
	ASSERT(SIZEOF(.iplt) + SIZEOF(.rela) == 0, "the image would need relocating")
	. = ALIGN(4096);
	image_rodata_end = .;
	.data : {
		*(.data .data.*)
		. = ALIGN(16);
	} :data
	image_file_end = .;
	.bss (NOLOAD) : ALIGN(4096) {
		image_bss_start = .;
		/* written with the caches off, before .bss is cleared: see boot.S */
		*(.bss.boot_tables)
		*(.bss .bss.*)
		*(COMMON)
		. = ALIGN(4096);
	}
	image_end = .;

	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
	.comment 0 : { *(.comment) }
	.debug_info 0 : { *(.debug_info) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_str 0 : { *(.debug_str) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_frame 0 : { *(.debug_frame) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }
	.debug_addr 0 : { *(.debug_addr) }
	/DISCARD/ : { *(.eh_frame) *(.note.GNU-stack) *(.ARM.attributes) *(.note.gnu.property) *(.interp) *(.dynamic) *(.llvm_addrsig) }
}
