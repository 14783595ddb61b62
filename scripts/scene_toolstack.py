# SPDX-License-Identifier: Apache-2.0
"""Debian as Dom0: its own kernel, its own tools."""

TITLE = "A stock Debian kernel as Dom0, and Debian's own toolstack"


def prepare(_):
	pass


def play(stage):
	stage.type("uname -sr")
	stage.type("xl info")
	stage.type("xl list")
	stage.type("xl vcpu-list")
