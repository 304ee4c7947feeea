"""What a Django project does first: migrate, objects in nested transactions, inspectdb. Arguments: port, database."""

import io
import sys

import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": sys.argv[1], "NAME": sys.argv[2],
                           "USER": "tester", "PASSWORD": "x"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True, SECRET_KEY="trial")
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.db import IntegrityError, connection, transaction  # noqa: E402
from django.db.models import Count  # noqa: E402

call_command("migrate", verbosity=0)
with transaction.atomic():
    ann = User.objects.create_user("ann", "ann@example.com", "secret")
    with transaction.atomic():
        Group.objects.create(name="readers")
    ann.groups.add(Group.objects.get(name="readers"))
try:
    with transaction.atomic():
        User.objects.create_user("ann")
    raise SystemExit("a second ann was taken")
except IntegrityError:
    pass
assert User.objects.filter(username__iexact="ANN", date_joined__year__gte=2000).count() == 1
assert list(Group.objects.annotate(n=Count("user")).values_list("name", "n")) == [("readers", 1)]
assert User.objects.select_for_update().filter(pk=ann.pk).exists() if connection.in_atomic_block else True
out = io.StringIO()
call_command("inspectdb", stdout=out)
assert "class AuthUser(models.Model)" in out.getvalue() and "class DjangoSession" in out.getvalue(), out.getvalue()
assert "username = models.CharField(unique=True, max_length=150)" in out.getvalue(), out.getvalue()
print("well")
