/* SPDX-License-Identifier: GPL-2.0-only */
/* end.S - the end of the EL2 text. Kbuild links this file last. */
#include <linux/linkage.h>

	.pushsection .el2.text, "ax"
SYM_DATA_START(el2_text_end)
	.balign	16
SYM_DATA_END(el2_text_end)
	.popsection
