# SPDX-License-Identifier: Apache-2.0
"""graftctl diff: what overlays change, as source."""
from conftest import graftctl

BASE = """
/dts-v1/;
/ {
	model = "a";
	bus {
		#address-cells = <1>;
		dev@1 { status = "disabled"; reg = <1>; };
		same { x = <1>; };
	};
};
"""
OVERLAY = """
/dts-v1/;
/plugin/;
&{/bus} {
	#address-cells = <1>;
	dev@1 { status = "okay"; bytes = [01 02 03]; flag; };
	new@2 { compatible = "x,\\"y\\"", "z"; reg = <2 0x10>; child { }; };
};
"""


def test_diff(compile_dts):
	base, overlay = compile_dts(BASE, "base"), compile_dts(OVERLAY, "overlay")
	done = graftctl("diff", base, overlay, status=0)
	assert done.out == """\
 / {
 	bus {
 		dev@1 {
-			status = "disabled";
+			status = "okay";
+			bytes = [01 02 03];
+			flag;
 		};
+		new@2 {
+			compatible = "x,\\"y\\"", "z";
+			reg = <0x2 0x10>;
+			child {
+			};
+		};
 	};
 };
"""


def test_overlays_are_seen_as_one(compile_dts):
	base = compile_dts(BASE, "base")
	there = compile_dts('/dts-v1/; /plugin/; &{/} { model = "b"; };', "there")
	back = compile_dts('/dts-v1/; /plugin/; &{/} { model = "a"; };', "back")
	assert graftctl("diff", base, there, back, status=0).out == ""
	assert graftctl("diff", base, there, status=0).out == ' / {\n-\tmodel = "a";\n+\tmodel = "b";\n };\n'


def test_refused(compile_dts, good):
	done = graftctl("diff", compile_dts(BASE, "base"), good("stacked"), status=1)
	assert done.out == "" and "label 'dev0'" in done.err
	assert "too few files" in graftctl("diff", compile_dts(BASE, "base"), status=2).err
