"""The console's twin on the command line. Who may run commands here may change any file; names are believed."""

from helpline.authoring.commands.annotate import annotate
from helpline.authoring.commands.stories import changes, stories
from helpline.authoring.commands.topics import topics

GROUPS = (annotate, topics, stories, changes)
