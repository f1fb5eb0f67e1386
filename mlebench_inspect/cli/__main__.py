from mlebench_inspect.cli import main

main()
