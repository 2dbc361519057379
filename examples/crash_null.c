// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash_null - NULL dereference in a driver's probe path
 *
 * A platform driver assumes that every device has platform data. The device
 * registered here has none, as if a board file had not been updated. Loading
 * the module oopses in crash_null_probe(), in the context of insmod.
 *
 * With trapline: the guest stops by itself. Frame #0 is crash_null_probe(),
 * and the register that holds "board" is 0.
 */
#include <linux/module.h>
#include <linux/platform_device.h>

struct crash_null_board {
	u32 reset_gpio;
	u32 clock_hz;
};

static int crash_null_probe(struct platform_device *pdev)
{
	const struct crash_null_board *board = dev_get_platdata(&pdev->dev);
	u32 hz;

	dev_alert(&pdev->dev, "probing\n");
	hz = READ_ONCE(board->clock_hz);
	dev_info(&pdev->dev, "running at %u Hz\n", hz);
	return 0;
}

static struct platform_driver crash_null_driver = {
	.probe = crash_null_probe,
	.driver = {
		.name = "crash_null",
	},
};

static struct platform_device *crash_null_device;

static int __init crash_null_init(void)
{
	crash_null_device =
		platform_device_register_simple("crash_null", -1, NULL, 0);
	if (IS_ERR(crash_null_device))
		return PTR_ERR(crash_null_device);
	return platform_driver_register(&crash_null_driver);
}

static void __exit crash_null_exit(void)
{
	platform_driver_unregister(&crash_null_driver);
	platform_device_unregister(crash_null_device);
}

module_init(crash_null_init);
module_exit(crash_null_exit);
MODULE_DESCRIPTION("trapline example: NULL dereference in a probe path");
MODULE_LICENSE("GPL");
