"""The program around the tools: command line, options, files, and what a job is allowed."""
