from django_filters import rest_framework as filters

from oee.models import LossPolicy


class LossPolicyFilter(filters.FilterSet):
    class Meta:
        model = LossPolicy
        fields = {"site": ["exact"], "valid_from": ["exact", "gte", "lte"]}
